import Signing
import Testing

struct SigningSecretTests {
    @Test func `writes what it reads`() throws {
        let text = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

        #expect(try SigningSecret(text).text == text)
        #expect(try SigningSecret(text).bytes.count == 24)
    }

    @Test(arguments: [
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_????",
        // 23 and 65 bytes; URL-safe alphabet; missing padding.
        "whsec_" + String(repeating: "AAAA", count: 7) + "AAA=",
        "whsec_" + String(repeating: "AAAA", count: 21) + "AAA=",
        "whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7_D",
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ])
    func `refuses what is no secret`(_ text: String) {
        #expect(throws: SigningSecret.Malformed.self) { try SigningSecret(text) }
    }

    @Test(arguments: [23: false, 24: true, 64: true, 65: false])
    func `takes 24 to 64 bytes`(_ length: Int, _ isTaken: Bool) {
        let bytes = [UInt8](repeating: 7, count: length)

        #expect(((try? SigningSecret(bytes: bytes)) != nil) == isTaken)
    }

    @Test func `generates different secrets of 32 bytes that read back`() throws {
        let secrets = (0..<50).map { _ in SigningSecret.generate() }

        #expect(Set(secrets).count == secrets.count)
        for secret in secrets {
            #expect(secret.bytes.count == 32)
            #expect(try SigningSecret(secret.text) == secret)
            #expect(secret.text.split(separator: "_").count == 2)
        }
    }

    @Test func `does not print itself`() {
        let secret = SigningSecret.generate()

        #expect(!"\(secret) \(String(reflecting: secret))".contains(secret.text.dropFirst(6)))
    }
}
