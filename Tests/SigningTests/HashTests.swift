import Signing
import Testing

struct HashTests {
    /// The example of GitHub's documentation on validating webhook deliveries.
    @Test func `makes the code that GitHub's documentation shows`() {
        let code = Hash.hmacSHA256(
            key: Array("It's a Secret to Everybody".utf8), Array("Hello, World!".utf8))

        #expect(hexadecimal(code) == "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
    }

    /// The octets of RFC 7515, appendix C, and one more for each other length of padding.
    @Test(
        arguments: [
            ([3, 236, 255, 224, 193], "A-z_4ME"), ([], ""), ([251], "-w"), ([255, 255], "__8"),
            ([0, 16, 131], "ABCD"),
        ] as [([UInt8], String)])
    func `writes base64 for URLs without padding`(_ bytes: [UInt8], _ text: String) {
        #expect(base64URL(bytes) == text)
    }
}
