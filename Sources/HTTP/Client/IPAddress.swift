internal import CSystem
internal import Glibc

/// An IPv4 or IPv6 address, without port or zone.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Family: Sendable {
        case v4
        case v6

        /// How many bits an address of this family has.
        var width: Int { self == .v4 ? 32 : 128 }
    }

    package let family: Family
    /// The address as a number, most significant byte first; an IPv4 address fills the low 32 bits.
    package let bits: UInt128

    init(family: Family, bits: UInt128) {
        self.family = family
        self.bits = bits
    }

    init(v4 bits: UInt32) {
        self.init(family: .v4, bits: UInt128(bits))
    }

    /// Reads the standard text forms only: dotted decimal of four parts, or RFC 4291 without brackets.
    package init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(v4: UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(six)
    }

    /// Reads every form that a URL's host may spell an address in, as `inet_aton` does: decimal, octal, hex,
    /// fewer than four parts, a final dot. `nil` means that the host is a name.
    package init?(host: String) {
        let bare = host.hasSuffix(".") ? String(host.dropLast()) : host
        if let address = IPAddress(bare) {
            self = address
            return
        }
        var four = in_addr()
        guard inet_aton(bare, &four) == 1 else { return nil }
        self.init(v4: UInt32(bigEndian: four.s_addr))
    }

    /// Reads a socket address; `nil` when it is neither IPv4 nor IPv6.
    init?(_ address: UnsafeRawPointer) {
        switch Int32(address.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            self.init(v4: UInt32(bigEndian: address.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            self.init(address.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
        default:
            return nil
        }
    }

    private init(_ six: in6_addr) {
        let bits = withUnsafeBytes(of: six) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
        self.init(family: .v6, bits: bits)
    }

    package var description: String {
        var bytes = withUnsafeBytes(of: bits.bigEndian, Array.init)
        if family == .v4 { bytes.removeFirst(12) }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(family == .v4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// As a URL's authority spells it: IPv6 in brackets.
    var bracketed: String { family == .v4 ? description : "[\(description)]" }
}
