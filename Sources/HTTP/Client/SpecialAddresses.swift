/// The IANA special-purpose address registries (RFC 6890 and successors), as far as a service must not be sent
/// there by its tenants.
///
/// <https://www.iana.org/assignments/iana-ipv4-special-registry> and `…/iana-ipv6-special-registry`. Blocks
/// inside a listed block that are globally reachable (2001:1::1, 2001:4:112::/48, …) serve no web hooks and stay
/// refused with it.
enum SpecialAddresses {
    /// What the block that holds this address is for; `nil` for an ordinary public address.
    static func purpose(of address: IPAddress) -> String? {
        if let block = blocks.first(where: { $0.range.contains(address) }) { return block.purpose }
        return address.family == .v6 && !isGlobalUnicast(address) ? "not global unicast" : nil
    }

    /// Whether an IPv6 address is in 2000::/3, the only part of the space that is handed out as global unicast
    /// (RFC 4291 §2.4). What lies outside leads nowhere, or through a translator to an IPv4 address.
    private static func isGlobalUnicast(_ address: IPAddress) -> Bool {
        address.bits >> 125 == 0b001
    }

    static func isMetadata(_ address: IPAddress) -> Bool {
        metadata.contains(address)
    }

    /// The IPv4 address that an IPv6 address stands for, when a gateway or the kernel would send packets there.
    static func embedded(in address: IPAddress) -> IPAddress? {
        guard let form = embeddings.first(where: { $0.range.contains(address) }) else { return nil }
        return IPAddress(v4: UInt32(truncatingIfNeeded: address.bits >> UInt128(form.shift)))
    }

    private static let embeddings: [(range: AddressRange, shift: Int)] = [
        ("::ffff:0:0/96", 0),  // RFC 4291 §2.5.5.2, IPv4-mapped
        ("64:ff9b::/96", 0),  // RFC 6052, NAT64
        ("2002::/16", 80),  // RFC 3056, 6to4
    ].compactMap { text, shift in AddressRange(text).map { ($0, shift) } }

    private static let blocks: [(range: AddressRange, purpose: String)] = table.compactMap { text, purpose in
        AddressRange(text).map { ($0, purpose) }
    }

    /// Addresses under which clouds hand out credentials and host configuration: never for a tenant, whatever
    /// an allow-list says.
    private static let metadata = Set(
        [
            "169.254.169.254",  // AWS, Google, Azure, DigitalOcean and others
            "169.254.170.2",  // AWS ECS task credentials
            "169.254.170.23",  // AWS EKS pod identity
            "169.254.42.42",  // Scaleway
            "169.254.0.23",  // Tencent
            "fd00:ec2::254",  // AWS over IPv6
            "fd00:ec2::23",  // AWS EKS pod identity over IPv6
            "fd20:ce::254",  // Google over IPv6
            "fd00:42::42",  // Scaleway over IPv6
            "fe80::a9fe:a9fe",  // OpenStack over IPv6
            "100.100.100.200",  // Alibaba
            "192.0.0.192",  // Oracle
            "168.63.129.16",  // Azure's host, though the address looks public
        ].compactMap { IPAddress($0) })

    /// Every block with its purpose; the most specific of overlapping blocks first.
    static let table: [(range: String, purpose: String)] = [
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private-use"),
        ("100.64.0.0/10", "shared address space"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private-use"),
        ("192.0.0.0/24", "IETF protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay anycast"),
        ("192.168.0.0/16", "private-use"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "limited broadcast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b:1::/48", "local-use translation"),
        ("100::/64", "discard-only"),
        ("100:0:0:1::/64", "dummy prefix"),
        ("2001:db8::/32", "documentation"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "IETF protocol assignments"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    ]
}
