import Foundation
import Signing
import Testing

struct TokenSignerTests {
    private let claims = #"{"iss":"thumbwire","iat":1795262400,"exp":1795262700,"jti":"evt_1"}"#

    /// Computed with PyJWT.
    @Test func `signs HS256 as others do`() throws {
        let signer = try TokenSigner(.hs256, key: "a shared secret of thirty-two bytes or more")

        #expect(
            try signer.token(claims: Array(claims.utf8))
                == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJ0aHVtYndpcmUiLCJpYXQiOjE3OTUyNjI0MDAsImV4cCI6"
                + "MTc5NTI2MjcwMCwianRpIjoiZXZ0XzEifQ.4RboqA-Zh8LkrJOycbqSnsR79fWIqCHFn9C1uIomD38")
    }

    @Test(arguments: ["genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "genrsa -traditional 2048"])
    func `signs RS256 with keys in PKCS#8 and PKCS#1`(_ command: String) throws {
        let openSSL = try OpenSSL()
        let key = try openSSL.key(command)

        let token = try parts(TokenSigner(.rs256, key: key).token(claims: Array(claims.utf8)))

        #expect(token.head == #"{"alg":"RS256","typ":"JWT"}"#)
        #expect(token.claims == claims)
        #expect(try openSSL.isValid(token.signature, of: token.content, under: key))
    }

    @Test(arguments: [
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ecparam -name prime256v1 -genkey",
        "ecparam -name prime256v1 -genkey -noout",
    ])
    func `signs ES256 with keys in PKCS#8 and SEC1`(_ command: String) throws {
        let openSSL = try OpenSSL()
        let key = try openSSL.key(command)
        let signer = try TokenSigner(.es256, key: key)

        // Often enough that numbers with leading zero bytes come up.
        for count in 0..<64 {
            let token = try parts(signer.token(claims: Array(claims.utf8)))
            #expect(token.head == #"{"alg":"ES256","typ":"JWT"}"#)
            #expect(token.signature.count == 64)
            guard count < 2 else { continue }
            #expect(try openSSL.isValid(der(token.signature), of: token.content, under: key))
        }
    }

    @Test(
        arguments: [
            (.rs256, "genrsa 1024", "has 1024 bits; RS256 takes 2048 to 4096"),
            (.rs256, "genpkey -algorithm ed25519", "is a key of type ED25519; RS256 takes RSA"),
            (.rs256, "ecparam -name prime256v1 -genkey", "is a key of type EC; RS256 takes RSA"),
            (.es256, "genrsa 2048", "is a key of type RSA; ES256 takes an EC key on P-256"),
            (.es256, "ecparam -name secp384r1 -genkey", "is on the curve secp384r1; ES256 takes P-256"),
            (.es256, "ecparam -name secp256k1 -genkey", "is on the curve secp256k1; ES256 takes P-256"),
            (
                .es256, "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes128 -pass pass:secret",
                "is encrypted; give it without passphrase"
            ),
            (
                .rs256, "genrsa -traditional -aes128 -passout pass:secret 2048",
                "is encrypted; give it without passphrase"
            ),
        ] as [(TokenSigner.Algorithm, String, String)])
    func `says what is wrong with a key`(
        _ algorithm: TokenSigner.Algorithm, _ command: String, _ reason: String
    ) throws {
        let key = try OpenSSL().key(command)

        #expect(throws: TokenSigner.UnusableKey(reason)) { try TokenSigner(algorithm, key: key) }
    }

    @Test(
        arguments: [
            (.hs256, String(repeating: "x", count: 31), "has 31 bytes; HS256 takes at least 32"),
            (.hs256, String(repeating: "x", count: 16_385), "is longer than 16384 bytes"),
            (.es256, "", "is not PEM, which begins with -----BEGIN PRIVATE KEY-----"),
            (.rs256, "MIIEowIBAAKCAQEA", "is not PEM, which begins with -----BEGIN PRIVATE KEY-----"),
            (
                .rs256, "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
                "is PEM without a private key"
            ),
            (
                .rs256, "-----BEGIN PRIVATE KEY-----\nMCow\n-----END PRIVATE KEY-----\n",
                "is PEM that no private key can be read from"
            ),
            (.es256, "-----BEGIN PRIVATE KEY-----", "is PEM that no private key can be read from"),
        ] as [(TokenSigner.Algorithm, String, String)])
    func `says what is wrong with a text`(
        _ algorithm: TokenSigner.Algorithm, _ key: String, _ reason: String
    ) {
        #expect(throws: TokenSigner.UnusableKey(reason)) { try TokenSigner(algorithm, key: key) }
    }

    private func parts(
        _ token: String
    ) throws -> (head: String, claims: String, signature: [UInt8], content: [UInt8]) {
        let parts = token.split(separator: ".")
        try #require(parts.count == 3)
        let decoded = try parts.map { part in
            let text = part.replacing("-", with: "+").replacing("_", with: "/")
            let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
            return [UInt8](try #require(Data(base64Encoded: text + padding)))
        }
        return (
            String(decoding: decoded[0], as: UTF8.self), String(decoding: decoded[1], as: UTF8.self),
            decoded[2], Array("\(parts[0]).\(parts[1])".utf8)
        )
    }

    /// Both numbers of 32 bytes as the ASN.1 sequence that the command knows.
    private func der(_ signature: [UInt8]) -> [UInt8] {
        let numbers = [signature.prefix(32), signature.suffix(32)].flatMap { half -> [UInt8] in
            var digits = Array(half.drop { $0 == 0 })
            if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
            return [0x02, UInt8(digits.count)] + digits
        }
        return [0x30, UInt8(numbers.count)] + numbers
    }
}
