import HTTP
import Testing

struct MultipartFormTests {
    private static let type = "multipart/form-data; boundary=xyz"

    private func parse(_ body: String, type: String = type) throws -> MultipartForm {
        try MultipartForm(Array(body.utf8), contentType: type)
    }

    private func part(_ headers: String, _ body: String) -> String {
        "--xyz\r\n\(headers)\r\n\r\n\(body)\r\n"
    }

    @Test func `reads fields and files as browsers and SDKs send them`() throws {
        let form = try parse(
            part(#"Content-Disposition: form-data; name="prompt""#, "a fox\r\nin snow")
                + part(
                    "content-disposition: form-data; name=\"image[]\"; filename=\"a \\\"b\\\".png\"\r\n"
                        + "Content-Type: image/png", "\u{89}PNG")
                + part("Content-Disposition:form-data;name=n", "") + "--xyz--\r\n")

        #expect(form.parts.map(\.name) == ["prompt", "image[]", "n"])
        #expect(form.parts.map(\.text) == ["a fox\r\nin snow", "\u{89}PNG", ""])
        #expect(form.parts[1].fileName == #"a "b".png"#)
        #expect(form.parts[1].contentType == "image/png")
        #expect(form.parts[0].fileName == nil)
    }

    @Test func `keeps every byte of a file, whatever it looks like`() throws {
        let bytes = (0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 7) } + Array("\r\n--xy\r\n-".utf8)
        let head = "preamble\r\n--xyz\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n"
        let body = Array(head.utf8) + bytes + Array("\r\n--xyz--epilogue".utf8)

        let form = try MultipartForm(body, contentType: Self.type)

        #expect(Array(form.parts[0].body) == bytes)
        #expect(form.parts[0].text == nil)
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=\"xyz\"", true),
        ("Multipart/Form-Data;charset=utf-8; Boundary=xyz", true),
        ("multipart/form-data", false), ("multipart/mixed; boundary=xyz", false),
        ("multipart/form-data; boundary=\"xyz", false),
        ("multipart/form-data; boundary=a; boundary=xyz", false),
        ("multipart/form-data; boundary=" + String(repeating: "x", count: 71), false),
    ])
    func `finds the boundary or refuses`(type: String, isGood: Bool) throws {
        let body = part("Content-Disposition: form-data; name=a", "1") + "--xyz--"
        #expect(((try? parse(body, type: type)) != nil) == isGood)
    }

    @Test(arguments: [
        "", "--xyz", "--xyz\r\n", "--xyzA\r\n", "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n1",
        "--xyz\r\nContent-Disposition: form-data; name=a\r\n--xyz--",
        "--xyz\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nnothing\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n1\r\n--xyz--",
    ])
    func `refuses what is not whole`(body: String) {
        #expect(throws: MultipartError.self) { try parse(body) }
    }

    @Test func `holds its limits`() throws {
        let one = part("Content-Disposition: form-data; name=a", "1")
        let many = String(repeating: one, count: 65) + "--xyz--"
        let longName = String(repeating: "n", count: 257)
        let longHead = "Content-Disposition: form-data; name=a\r\nX: " + String(repeating: "x", count: 5_000)

        #expect(throws: MultipartError.self) { try parse(many) }
        #expect(try parse(String(repeating: one, count: 64) + "--xyz--").parts.count == 64)
        #expect(throws: MultipartError.self) {
            try parse(part("Content-Disposition: form-data; name=\(longName)", "1") + "--xyz--")
        }
        #expect(throws: MultipartError.self) { try parse(part(longHead, "1") + "--xyz--") }
    }

    /// Neither crashes nor takes more than a pass over the body: beginnings of the boundary everywhere.
    @Test func `reads hostile forms in one pass`() throws {
        let almost = Array(String(repeating: "\r\n--xy", count: 400_000).utf8)
        let head = Array("--xyz\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n".utf8)

        #expect(throws: MultipartError.self) { try MultipartForm(almost, contentType: Self.type) }
        #expect(throws: MultipartError.self) { try MultipartForm(head + almost, contentType: Self.type) }
        let whole = try MultipartForm(head + almost + Array("\r\n--xyz--".utf8), contentType: Self.type)
        #expect(whole.parts[0].body.count == almost.count)
    }

    @Test func `survives forms with random damage`() throws {
        var random = SplitMix(state: 42)
        let good = Array(
            (part(
                "Content-Disposition: form-data; name=\"a\"; filename=\"b\"\r\nContent-Type: image/png", "123"
            )
                + part("Content-Disposition: form-data; name=b", "2") + "--xyz--\r\n").utf8)
        let alphabet = Array("\r\n-xyz:;=\"\\ \u{0}a\u{FF}".utf8)
        var whole = 0
        for _ in 0..<20_000 {
            var body = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                guard body.count > 1 else { break }
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[place] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                case 1: body.remove(at: place)
                default: body.removeLast(body.count - max(1, place))
                }
            }
            guard let form = try? MultipartForm(body, contentType: Self.type) else { continue }
            whole += 1
            #expect(form.parts.allSatisfy { !$0.name.isEmpty && $0.body.count < good.count })
        }
        #expect((1..<20_000).contains(whole))
    }
}

/// The same numbers on every run (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
