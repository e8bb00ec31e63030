import Testing

@testable import HTTP

@Suite struct URLPartsTests {
    @Test func `takes a URL apart`() throws {
        let parts = try URLParts("HTTPS://us%40er:p%3Aw@Example.COM:8443/a/../b?q=%2f&x#frag")

        #expect(parts.scheme == .https)
        #expect(parts.user == "us@er")
        #expect(parts.password == "p:w")
        #expect(parts.host == "example.com")
        #expect(parts.port == 8443)
        #expect(parts.target == "/a/../b?q=%2f&x")
        #expect(parts.literal == nil)
    }

    @Test func `knows default ports and the empty path`() throws {
        #expect(try URLParts("http://a").port == 80)
        #expect(try URLParts("https://a").port == 443)
        #expect(try URLParts("https://a").target == "/")
        #expect(try URLParts("https://a?x=1").target == "/?x=1")
        #expect(try URLParts("https://a/?").target == "/?")
    }

    @Test func `spells hosts in lower case and addresses in their standard form`() throws {
        #expect(try URLParts("http://XN--bcher-kva.Example/").host == "xn--bcher-kva.example")
        #expect(try URLParts("http://0x7f.1/").host == "127.0.0.1")
        #expect(try URLParts("http://[2001:DB8:0::1]:80/").host == "2001:db8::1")
        #expect(try URLParts("http://[2001:DB8:0::1]:80/").origin == "http://[2001:db8::1]:80/")
    }

    @Test(arguments: [
        "", "example.com", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://a/",
        "http://", "http:///path", "http:/a", "http://a b/", "http://a/ b", "http://a\r\nX: y/",
        "http://a\\@b/",
        "http://[fe80::1%25eth0]/", "http://[::1", "http://a:0/", "http://a:65536/", "http://a:x/",
        "javascript:alert(1)",
        "http://a/\u{0}", "http://b\u{FC}cher.example/", "http://\u{FF11}\u{FF12}\u{FF17}.0.0.1/",
    ])
    func `refuses what is not a plain web address`(text: String) {
        let error = #expect(throws: ClientError.self) { try URLParts(text) }

        #expect(error?.code == "invalid_url")
    }

    @Test(arguments: [
        ("/x", "http://a:81/x"), ("x?y", "http://a:81/d/x?y"), ("//b/c", "http://b/c"),
        ("https://c/%2f", "https://c/%2f"), ("?z", "http://a:81/d/e?z"),
    ])
    func `resolves a redirect against the URL it came from`(location: String, expected: String) throws {
        let next = try URLParts("http://a:81/d/e?q").resolving(location: location)

        #expect(next.text == expected)
    }
}
