import Testing

@testable import HTTP

/// Every way in which a URL's host may spell an address, or pretend to be another host than it is.
@Suite struct AddressSpellingTests {
    @Test(arguments: [
        // Decimal, octal, hexadecimal, in one to four parts, with and without leading zeros.
        "http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0X7F000001/",
        "http://127.1/", "http://127.0.1/", "http://0177.1/", "http://0x7f.0x0.0x0.0x1/",
        "http://0177.0x0.0.1/",
        "http://000000177.0.0.1/", "http://127.0.0.01/", "http://0/", "http://0.0.0.0/", "http://00/",
        "http://3232235777/", "http://0xc0.0xa8.1/", "http://0300.0250.1.1/", "http://10.0x0.01/",
        "http://2852039166/", "http://0xa9fea9fe/", "http://169.254.43518/", "http://0251.0376.0251.0376/",
        // The name of the root at the end, userinfo in front, percent-encoded digits and dots.
        "http://127.0.0.1./", "http://2130706433./", "http://8.8.8.8@127.0.0.1/", "http://8.8.8.8:80@127.1/",
        "http://a:b@127.0.0.1/", "http://a%40b:c@127.0.0.1/", "http://@127.0.0.1/",
        "http://%31%32%37%2e0.0.1/", "http://127%2E0%2E0%2E1/", "http://0x7%66.1/",
        "http://127.0.0.1:8080/", "http://127.0.0.1:22/", "http://127.0.0.1?@8.8.8.8/",
        "http://127.0.0.1#@8.8.8.8/", "http://127.0.0.1/@8.8.8.8/",
        // IPv6, compressed and not, with IPv4 inside it.
        "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[0000::0001]/", "http://[::]/",
        "http://[::127.0.0.1]/", "http://[::ffff:127.0.0.1]/", "http://[::FFFF:7F00:1]/",
        "http://[0:0:0:0:0:ffff:10.0.0.1]/", "http://[::ffff:0:127.0.0.1]/", "http://[2002:7f00:1::]/",
        "http://[2002:a9fe:a9fe::1]/", "http://[2001:0:7f00:1::]/",
        "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:1::8.8.8.8]/",
        "http://[64:ff9b:1:7f00:0:100::]/", "http://[fe80::1]/", "http://[fd00:ec2::254]/",
        "http://u:p@[::1]:8080/",
    ])
    func `refuses a private address however it is spelled`(url: String) {
        let error = #expect(throws: ClientError.self) { try AddressPolicy.public.check(url: url) }

        #expect(error?.code == "blocked_address", "\(error?.description ?? "allowed")")
    }

    /// Parsers disagree about these: they are refused before anybody has to know what they mean.
    @Test(arguments: [
        "http://[fe80::1%25lo]/", "http://[fe80::1%lo]/", "http://[::1%25]/", "http://[::1", "http://::1/",
        "http://[::1]x/", "http://[127.0.0.1]/", "http://[::ffff:127.0.0.256]/",
        "http://127.0.0.1%00.example.com/",
        "http://example.com\\@127.0.0.1/", "http://127.0.0.1\\.example.com/", "http:\\\\127.0.0.1/",
        "http:127.0.0.1/", "http:/127.0.0.1/", "//127.0.0.1/", "http://127.0.0.1 /", "http://127.0.0.1\t/",
        "http://127.0.0.1\r\nHost: example.com/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/",
        "http://127.0.0.1:80:80/", "http://127.0.0.1:8o/", "http://\u{FF11}\u{FF12}\u{FF17}.0.0.1/",
        "http://127\u{3002}0\u{3002}0\u{3002}1/", "http://\u{2460}27.0.0.1/", "http://loc\u{AD}alhost/",
        "http://%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1/", "http://127%E3%80%820.0.1/", "http://loc%C2%ADalhost/",
        "http://127.0.0.1%2f@example.com%0a/", "file://127.0.0.1/", "gopher://127.0.0.1/",
        "dict://127.0.0.1/",
        "ftp://127.0.0.1/", "unix:///run/docker.sock", "https+unix://a/",
    ])
    func `refuses a URL that parsers read differently`(url: String) {
        let error = #expect(throws: ClientError.self) { try AddressPolicy.public.check(url: url) }

        #expect(error?.code == "invalid_url", "\(error?.description ?? "allowed")")
    }

    /// Not addresses, though they look like them: as names they are looked up, and what is found is judged.
    @Test(arguments: [
        "http://127.0.0.1.example.com/", "http://256.256.256.256/", "http://4294967296/",
        "http://127.0.0.1.1/",
        "http://0x100000000/", "http://08.0.0.1/", "http://1e3/", "http://127.0.0.1../", "http://localhost/",
        "http://localhost./", "http://metadata.google.internal/", "http://169.254.169.254.nip.io/",
    ])
    func `looks up what is no address, and judges what it finds`(url: String) async throws {
        #expect(try URLParts(url).literal == nil)
        let client = try HTTPClient.make { _ in [.loopback] }

        let error = await client.failure(of: OutboundRequest(url: url), policy: .public)

        #expect(error?.code == "blocked_address", "\(error?.description ?? "allowed")")
    }

    @Test(arguments: [
        "http://8.8.8.8/", "http://134744072/", "http://8.8.2056/", "http://[2606:4700::1111]/",
    ])
    func `allows a public address in the same spellings`(url: String) throws {
        try AddressPolicy.public.check(url: url)
    }
}
