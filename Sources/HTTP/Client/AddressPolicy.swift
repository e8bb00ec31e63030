/// Which addresses a request may connect to: a pure function of the address and the host it was found under.
package struct AddressPolicy: Sendable, Hashable {
    package enum Verdict: Sendable, Equatable {
        case allowed
        /// What the refused address is for, such as `loopback`; safe to tell the URL's author.
        case refused(String)
    }

    /// An allow-list entry that is neither a CIDR block, an address nor a host name.
    package struct InvalidEntry: Error, Equatable, CustomStringConvertible {
        package let entry: String

        package var description: String {
            "allow-list entry \"\(entry)\" is neither a CIDR block without host bits, an address nor a host name"
        }
    }

    /// The purpose of an address that no allow-list opens.
    package static let metadataPurpose = "cloud metadata"

    /// Public addresses only: for URLs that tenants write.
    package static let `public` = AddressPolicy(isUnrestricted: false)
    /// Every address, metadata included: only for URLs that the operator wrote.
    package static let unrestricted = AddressPolicy(isUnrestricted: true)

    private let isUnrestricted: Bool
    private var ranges: [AddressRange] = []
    private var hosts: Set<String> = []

    private init(isUnrestricted: Bool) {
        self.isUnrestricted = isUnrestricted
    }

    /// Public addresses, and what the entries add: CIDR blocks, single addresses, or exact host names whose
    /// addresses are then allowed whatever they are. Metadata addresses stay refused.
    package static func allowing(_ entries: [String]) throws(InvalidEntry) -> AddressPolicy {
        var policy = AddressPolicy.public
        for entry in entries {
            if let range = AddressRange(entry) {
                policy.ranges.append(range)
            } else if isHostName(entry) {
                policy.hosts.insert(canonical(entry))
            } else {
                throw InvalidEntry(entry: entry)
            }
        }
        return policy
    }

    /// Judges an address that `host` resolved to, or that it spells. An IPv6 address that embeds an IPv4 one is
    /// judged as that.
    package func check(_ address: IPAddress, host: String) -> Verdict {
        if isUnrestricted { return .allowed }
        let judged = SpecialAddresses.embedded(in: address) ?? address
        if SpecialAddresses.isMetadata(judged) { return .refused(Self.metadataPurpose) }
        guard let purpose = SpecialAddresses.purpose(of: judged) else { return .allowed }
        if ranges.contains(where: { $0.contains(judged) }) { return .allowed }
        return hosts.contains(Self.canonical(host)) ? .allowed : .refused(purpose)
    }

    /// Judges a URL as far as that is possible without looking names up: its form, its scheme, and the address
    /// that it spells, if it does.
    ///
    /// - Throws: `invalidURL` or `blockedAddress`.
    package func check(url: String) throws(ClientError) {
        let parts = try URLParts(url)
        guard let literal = parts.literal else { return }
        try require([literal], host: parts.host)
    }

    /// Refuses a host when any of its addresses is refused: one public answer must not carry a private one in.
    func require(_ addresses: [IPAddress], host: String) throws(ClientError) {
        for address in addresses {
            if case .refused(let purpose) = check(address, host: host) {
                throw .blockedAddress(host: host, address: address, purpose: purpose)
            }
        }
    }

    private static func canonical(_ host: String) -> String {
        let bare = host.hasSuffix(".") ? host.dropLast() : host[...]
        return bare.lowercased()
    }

    private static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count), IPAddress(host: text) == nil else { return false }
        let labels = canonical(text).split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { (1...63).contains($0.utf8.count) && $0.utf8.allSatisfy(isHostByte) }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
