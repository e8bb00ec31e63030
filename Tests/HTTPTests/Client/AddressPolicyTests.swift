import Testing

@testable import HTTP

/// First, last and some middle addresses of the special-purpose registries, and their neighbours.
@Suite struct AddressPolicyTests {
    @Test(arguments: [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
        "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.255.255", "172.16.0.0", "172.31.255.255",
        "192.0.0.0", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255",
        "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.0", "239.255.255.255",
        "240.0.0.0", "255.255.255.254", "255.255.255.255",
        "::", "::1", "::2", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:0:4136:e378::1",
        "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:101::1", "3fff::1",
        "3fff:fff:ffff::1", "5f00::1", "fc00::1", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "feff::1",
        "ff00::1", "ff02::1",
    ])
    func `refuses a special-purpose address`(text: String) throws {
        let address = try #require(IPAddress(text))

        let verdict = AddressPolicy.public.check(address, host: "example.com")

        #expect(verdict != .allowed)
        #expect(AddressPolicy.unrestricted.check(address, host: "example.com") == .allowed)
    }

    @Test(arguments: [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
        "192.0.3.0", "192.88.98.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "203.0.114.0", "223.255.255.255",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:200::1", "2001:4860:4860::8888", "2002:808:808::1",
        "2606:4700::1111", "3ffe:ffff::1",
    ])
    func `allows an ordinary address`(text: String) throws {
        let address = try #require(IPAddress(text))

        #expect(AddressPolicy.public.check(address, host: "example.com") == .allowed)
    }

    @Test(arguments: [
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
        "100.100.100.200", "192.0.0.192", "168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
    ])
    func `refuses metadata addresses whatever is allow-listed`(text: String) throws {
        let address = try #require(IPAddress(text))
        let policy = try AddressPolicy.allowing([text, "0.0.0.0/0", "::/0", "metadata.internal"])

        #expect(policy.check(address, host: "metadata.internal") == .refused("cloud metadata"))
        #expect(AddressPolicy.public.check(address, host: text) == .refused("cloud metadata"))
    }

    @Test func `allows what blocks and addresses of the list cover, and nothing beside`() throws {
        let policy = try AddressPolicy.allowing(["10.1.0.0/16", "192.168.7.7", "fd12::/16"])
        let verdicts = try ["10.1.255.1", "192.168.7.7", "fd12::9", "::ffff:10.1.0.1"].map {
            policy.check(try #require(IPAddress($0)), host: "n8n")
        }
        let others = try ["10.2.0.0", "192.168.7.8", "fd13::1", "127.0.0.1"].map {
            policy.check(try #require(IPAddress($0)), host: "n8n")
        }

        #expect(verdicts.allSatisfy { $0 == .allowed })
        #expect(
            others == [
                .refused("private-use"), .refused("private-use"), .refused("unique local"),
                .refused("loopback"),
            ])
    }

    @Test func `allows every address of a listed host name, in any case`() throws {
        let policy = try AddressPolicy.allowing(["N8N.Local"])

        #expect(policy.check(.loopback, host: "n8n.LOCAL") == .allowed)
        #expect(policy.check(.loopback, host: "n8n.local.") == .allowed)
        #expect(policy.check(.loopback, host: "x.n8n.local") == .refused("loopback"))
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0.1/8", "10.1", "*.example.com", "a b", "::/129", "http://a", "a..b",
        "10.0.0.0/",
    ])
    func `names an allow-list entry that it cannot read`(entry: String) {
        #expect(throws: AddressPolicy.InvalidEntry(entry: entry)) {
            try AddressPolicy.allowing(["127.0.0.1", entry])
        }
    }

    @Test func `every block of the table reads as a block`() {
        for entry in SpecialAddresses.table {
            #expect(AddressRange(entry.range) != nil, "\(entry.range)")
        }
    }

    @Test(arguments: [
        "http://127.0.0.1/", "http://2130706433/", "http://0x7f000001", "http://0177.0.0.1/", "http://127.1/",
        "http://0x7f.1/", "http://127.0.0.1./", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://user:pass@127.0.0.1/", "http://8.8.8.8@127.0.0.1/",
        "http://%31%32%37.0.0.1/", "https://0/",
    ])
    func `sees through the spellings of an address in a URL`(url: String) {
        let error = #expect(throws: ClientError.self) { try AddressPolicy.public.check(url: url) }

        #expect(error?.code == "blocked_address")
    }

    @Test(arguments: [
        "https://example.com/a?b", "http://8.8.8.8/", "http://u:p@example.com", "http://localhost/",
    ])
    func `leaves names to the look-up`(url: String) throws {
        try AddressPolicy.public.check(url: url)
    }
}
