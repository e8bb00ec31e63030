/// A block of addresses in CIDR notation; a single address is a block of one.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    package let base: IPAddress
    package let prefixLength: Int

    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address; `nil` when the text is neither, the prefix is longer
    /// than the address, or bits are set beyond it.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        var length = base.family.width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let read = Int(parts[1]),
                read <= length
            else { return nil }
            length = read
        }
        self.base = base
        self.prefixLength = length
        guard base.bits & hostMask == 0 else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == base.family && address.bits & ~hostMask == base.bits
    }

    package var description: String { "\(base)/\(prefixLength)" }

    private var hostMask: UInt128 { (UInt128(1) << (base.family.width - prefixLength)) &- 1 }
}
