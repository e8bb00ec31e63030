import Foundation
import Signing
import Testing

struct Ed25519Tests {
    private static let text =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    private static let publicText = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="

    /// The key of RFC 8032 §7.1, test 1, which RFC 8037 takes for its examples, too.
    private func published() throws -> Ed25519.PrivateKey {
        let seed = try #require(
            Data(base64Encoded: "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
        return try Ed25519.PrivateKey(seed: [UInt8](seed))
    }

    @Test func `reads and writes the text forms`() throws {
        let key = try Ed25519.PrivateKey(Self.text)

        #expect(key.text == Self.text)
        #expect(key.publicKey.text == Self.publicText)
        #expect(try Ed25519.PublicKey(Self.publicText) == key.publicKey)
    }

    @Test(arguments: [
        "", "whsk_", "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=", String(text.dropFirst(5)),
        // Cut off, as in the tests of Svix; without padding; the seed alone; and a public key of another seed.
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kv",
        String(text.dropLast(2)), "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=",
        text.replacing("MicMFs6Kvg==", with: "MicMFs6Kvw=="),
    ])
    func `refuses what is no private key`(_ text: String) {
        #expect(throws: Ed25519.Malformed.self) { try Ed25519.PrivateKey(text) }
    }

    @Test(arguments: ["", "whpk_", text, "whpk_AAAA", String(publicText.dropLast())])
    func `refuses what is no public key`(_ text: String) {
        #expect(throws: Ed25519.Malformed.self) { try Ed25519.PublicKey(text) }
    }

    @Test func `signs as RFC 8032 and RFC 8037 show`() throws {
        let key = try published()

        #expect(
            hexadecimal(key.signature(of: []))
                == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b")
        let content = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        #expect(
            base64URL(key.signature(of: Array(content.utf8)))
                == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
    }

    @Test func `has the coordinate and the thumbprint of RFC 8037`() throws {
        let key = try published().publicKey

        #expect(key.coordinate == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        #expect(key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    @Test func `tells its signature from others`() throws {
        let (key, other) = (Ed25519.PrivateKey.generate(), Ed25519.PrivateKey.generate())
        let message = Array("a message".utf8)
        let signature = key.signature(of: message)

        #expect(key.publicKey.isValid(signature, of: message))
        #expect(!key.publicKey.isValid(signature, of: message + [0]))
        #expect(!key.publicKey.isValid(Array(signature.dropLast()), of: message))
        #expect(!key.publicKey.isValid([], of: message))
        #expect(!other.publicKey.isValid(signature, of: message))
    }

    @Test func `generates different keys that read back and do not print themselves`() throws {
        let keys = (0..<20).map { _ in Ed25519.PrivateKey.generate() }

        #expect(Set(keys).count == keys.count)
        for key in keys {
            #expect(try Ed25519.PrivateKey(key.text) == key)
            #expect("\(key)" == "•••")
        }
    }
}
