import Testing

@testable import HTTP

/// The IANA special-purpose address registries, block by block, and what they say of each.
///
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>, `…/iana-ipv6-special-registry`, and for multicast
/// and the rest of the IPv6 space `…/multicast-addresses` and `…/ipv6-address-space`.
@Suite struct SpecialRegistryTests {
    /// What the registry's column "Globally Reachable" says; `notApplicable` for tunnels and deprecated blocks.
    enum Reachable: Sendable { case yes, no, notApplicable }

    struct Row: Sendable, CustomTestStringConvertible {
        var block: String
        var reachable: Reachable
        var isRefused: Bool

        /// What is reachable must not be refused without a reason: it lies in a block that is refused as a whole, and
        /// serves routers, not webhooks.
        init(_ block: String, _ reachable: Reachable, refused: Bool? = nil) {
            self.block = block
            self.reachable = reachable
            isRefused = refused ?? (reachable != .yes)
        }

        var testDescription: String { block }
    }

    static let registry: [Row] = [
        Row("0.0.0.0/8", .no), Row("0.0.0.0/32", .no), Row("10.0.0.0/8", .no), Row("100.64.0.0/10", .no),
        Row("127.0.0.0/8", .no), Row("169.254.0.0/16", .no), Row("172.16.0.0/12", .no),
        Row("192.0.0.0/24", .no), Row("192.0.0.0/29", .no), Row("192.0.0.8/32", .no),
        Row("192.0.0.9/32", .yes, refused: true), Row("192.0.0.10/32", .yes, refused: true),
        Row("192.0.0.170/32", .no), Row("192.0.0.171/32", .no), Row("192.0.2.0/24", .no),
        Row("192.31.196.0/24", .yes), Row("192.52.193.0/24", .yes), Row("192.88.99.0/24", .notApplicable),
        Row("192.88.99.2/32", .no), Row("192.168.0.0/16", .no), Row("192.175.48.0/24", .yes),
        Row("198.18.0.0/15", .no), Row("198.51.100.0/24", .no), Row("203.0.113.0/24", .no),
        Row("224.0.0.0/4", .no), Row("240.0.0.0/4", .no), Row("255.255.255.255/32", .no),
        Row("::1/128", .no), Row("::/128", .no), Row("64:ff9b:1::/48", .no), Row("100::/64", .no),
        Row("100:0:0:1::/64", .no), Row("2001::/23", .no), Row("2001::/32", .notApplicable),
        Row("2001:1::1/128", .yes, refused: true), Row("2001:1::2/128", .yes, refused: true),
        Row("2001:1::3/128", .yes, refused: true), Row("2001:2::/48", .no),
        Row("2001:3::/32", .yes, refused: true), Row("2001:4:112::/48", .yes, refused: true),
        Row("2001:10::/28", .notApplicable), Row("2001:20::/28", .yes, refused: true),
        Row("2001:30::/28", .yes, refused: true), Row("2001:db8::/32", .no), Row("2620:4f:8000::/48", .yes),
        Row("3fff::/20", .no), Row("5f00::/16", .no), Row("fc00::/7", .no), Row("fe80::/10", .no),
        Row("fec0::/10", .no), Row("ff00::/8", .no),
        // Nothing but 2000::/3 is handed out as global unicast.
        Row("::/8", .no), Row("::/96", .no), Row("::ffff:0:0:0/96", .no), Row("100::/8", .no),
        Row("200::/7", .no), Row("400::/6", .no),
        Row("800::/5", .no), Row("1000::/4", .no), Row("4000::/3", .no), Row("6000::/3", .no),
        Row("8000::/3", .no), Row("a000::/3", .no), Row("c000::/3", .no), Row("e000::/4", .no),
        Row("f000::/5", .no), Row("f800::/6", .no), Row("fe00::/9", .no),
    ]

    @Test(arguments: registry)
    func `judges a block of the registry from its first address to its last`(row: Row) throws {
        let range = try #require(AddressRange(row.block))

        for address in [range.first, range.middle, range.last] {
            #expect((verdict(of: address) != .allowed) == row.isRefused, "\(address)")
            #expect(AddressPolicy.unrestricted.check(address, host: "a.example") == .allowed)
        }
    }

    /// One beside each end of every refused block: allowed unless another block has it.
    @Test(arguments: registry.filter(\.isRefused))
    func `refuses nothing beside a block but other blocks`(row: Row) throws {
        let range = try #require(AddressRange(row.block))
        let refused = Self.registry.filter(\.isRefused).compactMap { AddressRange($0.block) }

        for address in [range.before, range.after].compactMap(\.self) {
            guard SpecialAddresses.embedded(in: address) == nil else { continue }
            let isListed = refused.contains { $0.contains(address) }
            #expect((verdict(of: address) != .allowed) == isListed, "\(address)")
        }
    }

    /// IPv4-mapped, NAT64 and 6to4 addresses lead to the IPv4 address inside, and are judged as that.
    @Test(arguments: registry.filter { !$0.block.contains(":") })
    func `judges an IPv6 address by the IPv4 address that it carries`(row: Row) throws {
        let range = try #require(AddressRange(row.block))

        for inner in [range.first, range.last] {
            for carrier in ["::ffff:0:0", "64:ff9b::"] {
                let outer = try #require(IPAddress(carrier))
                let address = IPAddress(family: .v6, bits: outer.bits | inner.bits)
                #expect((verdict(of: address) != .allowed) == row.isRefused, "\(address)")
            }
            let tunnel = IPAddress(family: .v6, bits: 0x2002 << 112 | inner.bits << 80 | 1)
            #expect((verdict(of: tunnel) != .allowed) == row.isRefused, "\(tunnel)")
        }
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "93.184.216.34", "223.255.255.255", "2000::", "2001:200::",
        "2600::1", "2a00:1450::1", "3ffe:ffff::", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::",
    ])
    func `allows what everybody can reach`(text: String) throws {
        #expect(verdict(of: try #require(IPAddress(text))) == .allowed)
    }

    /// Metadata services stay refused when the operator allows the whole Internet and their name.
    @Test(arguments: [
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.42.42", "169.254.0.23",
        "fd00:ec2::254",
        "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", "fe80::a9fe:a9fe", "100.100.100.200", "192.0.0.192",
        "168.63.129.16",
    ])
    func `keeps metadata services out of every allow-list`(text: String) throws {
        let address = try #require(IPAddress(text))
        let policy = try AddressPolicy.allowing(["0.0.0.0/0", "::/0", "metadata.internal", text])

        #expect(policy.check(address, host: "metadata.internal") == .refused("cloud metadata"))
    }

    private func verdict(of address: IPAddress) -> AddressPolicy.Verdict {
        AddressPolicy.public.check(address, host: "a.example")
    }
}

extension AddressRange {
    private var size: UInt128 { UInt128(1) << UInt128(base.family.width - prefixLength) }

    fileprivate var first: IPAddress { base }
    fileprivate var middle: IPAddress { at(size / 2) }
    fileprivate var last: IPAddress { at(size - 1) }

    /// The neighbours; `nil` at the ends of the address space.
    fileprivate var before: IPAddress? {
        base.bits == 0 ? nil : IPAddress(family: base.family, bits: base.bits - 1)
    }
    fileprivate var after: IPAddress? {
        let end = base.family == .v4 ? UInt128(UInt32.max) : .max
        return last.bits == end ? nil : IPAddress(family: base.family, bits: last.bits + 1)
    }

    private func at(_ offset: UInt128) -> IPAddress {
        IPAddress(family: base.family, bits: base.bits + offset)
    }
}
