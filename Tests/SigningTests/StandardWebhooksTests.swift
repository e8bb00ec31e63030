import Foundation
import Signing
import Testing

/// A signed message whose signature others computed.
struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var secrets: [String]
    var id: String
    var timestamp: Int64
    var body: String
    var signature: String

    var testDescription: String { name }

    var keys: [SigningSecret] {
        get throws { try secrets.map { try SigningSecret($0) } }
    }

    var headers: StandardWebhooks.SignedHeaders {
        StandardWebhooks.SignedHeaders(id: id, timestamp: "\(timestamp)", signature: signature)
    }

    private static let first = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private static let second = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

    /// From the test suites of the reference libraries in Python, JavaScript and Go.
    static let reference = Vector(
        name: "reference libraries", secrets: [first], id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: 1_614_265_330, body: #"{"test": 2432232314}"#,
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")

    /// From the test suite of the reference library in Rust.
    static let rust = Vector(
        name: "Rust library", secrets: [second], id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        timestamp: 1_649_367_553, body: #"{"email":"test@example.com","username":"test_user"}"#,
        signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=")

    /// Computed with the reference library in Python, like the ones below.
    static let unicode = Vector(
        name: "characters beyond ASCII", secrets: [first], id: "msg_utf8", timestamp: 1_700_000_000,
        body: #"{"name":"Zoë – 図"}"#, signature: "v1,Vj4o10ZUCI0yaJZC2AuGafE2GPuHyGnFcDiLFefDVzM=")

    static let empty = Vector(
        name: "empty body", secrets: [first], id: "msg_empty", timestamp: 1_700_000_000, body: "",
        signature: "v1,LrOGikvEp3ovC4ipwU5sfXzzFy9SMN1tDL3jPPGtLmc=")

    /// The example payload of the specification without white space, under both keys.
    static let rotation = Vector(
        name: "two secrets", secrets: [first, second], id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        timestamp: 1_674_087_231,
        body: #"{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":"#
            + #"{"id":"1f81eb52-5198-4599-803e-771906343485"}}"#,
        signature: "v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ= "
            + "v1,Inw/unYkpAh6Njpdz4O+hnN82xYMXQ6NjnZIQN/mzIQ=")

    static let all = [reference, rust, unicode, empty, rotation]
}

struct StandardWebhooksTests {
    @Test(arguments: Vector.all)
    func `signs as the vectors say`(_ vector: Vector) throws {
        let signed = StandardWebhooks.signatures(
            id: vector.id, timestamp: vector.timestamp, body: Array(vector.body.utf8),
            secrets: try vector.keys)

        #expect(signed == vector.signature)
    }

    @Test(arguments: Vector.all)
    func `accepts the vectors with any one of their secrets`(_ vector: Vector) throws {
        for secret in vector.secrets {
            var alone = vector
            alone.secrets = [secret]

            #expect(try failure(of: alone) == nil)
        }
    }

    @Test(arguments: [-301, -300, 0, 300, 301])
    func `lets the clock be five minutes off`(_ offset: Int64) throws {
        let vector = Vector.reference
        let expected: StandardWebhooks.VerificationError? =
            switch offset {
            case -301: .tooNew(tolerance: 300)
            case 301: .tooOld(tolerance: 300)
            default: nil
            }

        #expect(try failure(of: vector, now: vector.timestamp + offset) == expected)
    }

    @Test func `skips tokens of other versions and without version`() throws {
        var vector = Vector.reference
        vector.signature = "v1a,AAAA junk v2,\(vector.signature.dropFirst(3)) \(vector.signature) v1,???"
        #expect(try failure(of: vector) == nil)

        vector.signature = "v1a,\(Vector.reference.signature.dropFirst(3))"
        #expect(try failure(of: vector) == .noMatchingSignature)
    }

    @Test func `refuses a changed id, time, body, secret and signature`() throws {
        var changed = Array(repeating: Vector.reference, count: 5)
        changed[0].id += "x"
        changed[1].timestamp += 1
        changed[2].body += " "
        changed[3].secrets = Vector.rust.secrets
        changed[4].signature = Vector.rust.signature

        for vector in changed {
            #expect(try failure(of: vector) == .noMatchingSignature)
        }
    }

    @Test func `names the header that is missing or malformed`() throws {
        let secrets = try Vector.reference.keys
        func error(
            _ id: String?, _ timestamp: String?, _ signature: String?
        ) -> StandardWebhooks.VerificationError? {
            failure(
                StandardWebhooks.SignedHeaders(id: id, timestamp: timestamp, signature: signature), secrets)
        }

        #expect(error(nil, "1", "v1,") == .missingHeader("webhook-id"))
        #expect(error("", "1", "v1,") == .missingHeader("webhook-id"))
        #expect(error("a", nil, "v1,") == .missingHeader("webhook-timestamp"))
        #expect(error("a", "1", nil) == .missingHeader("webhook-signature"))
        #expect(error("a", "1.5", "v1,") == .malformedTimestamp)
        #expect(error("a", "-1", "v1,") == .malformedTimestamp)
    }

    /// The first from the tests of Svix's server; the second is the payload of the specification's example.
    @Test(arguments: [
        (
            Vector.reference,
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
        ),
        (
            Vector.rotation,
            "v1a,LvaM/XV2eiveYbh3nDJB9CFU6SgUQsSFO7Nz5u3M+PUesso2vWw2zj6zoee2ijOae0RluTX9xaoEs9uSSJ/uDg=="
        ),
    ])
    func `signs v1a after v1, and accepts either`(_ vector: Vector, _ token: String) throws {
        let key = try Ed25519.PrivateKey(
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==")
        let signed = StandardWebhooks.signatures(
            id: vector.id, timestamp: vector.timestamp, body: Array(vector.body.utf8),
            secrets: try vector.keys, keys: [key])
        #expect(signed == "\(vector.signature) \(token)")

        var received = vector
        for signature in [signed, token, "v1a,AAAA \(token)"] {
            received.signature = signature
            #expect(
                try failure(of: received, keys: [Ed25519.PrivateKey.generate().publicKey, key.publicKey])
                    == nil)
        }
        received.body += " "
        #expect(try failure(of: received, keys: [key.publicKey]) == .noMatchingSignature)
        received.body = vector.body
        #expect(
            try failure(of: received, keys: [Ed25519.PrivateKey.generate().publicKey]) == .noMatchingSignature
        )
    }

    @Test func `does not take a v1a token for a v1 token or the other way round`() throws {
        let key = Ed25519.PrivateKey.generate()
        var vector = Vector.reference
        let content = Array("\(vector.id).\(vector.timestamp).\(vector.body)".utf8)
        vector.signature = "v1,\(Data(key.signature(of: content)).base64EncodedString())"
        #expect(try failure(of: vector, keys: [key.publicKey]) == .noMatchingSignature)
    }

    private func failure(
        of vector: Vector, keys: [Ed25519.PublicKey]
    ) throws -> StandardWebhooks.VerificationError? {
        do throws(StandardWebhooks.VerificationError) {
            try StandardWebhooks.verify(
                vector.headers, body: Array(vector.body.utf8), keys: keys, now: vector.timestamp)
            return nil
        } catch {
            return error
        }
    }

    private func failure(of vector: Vector, now: Int64? = nil) throws -> StandardWebhooks.VerificationError? {
        failure(vector.headers, try vector.keys, body: vector.body, now: now ?? vector.timestamp)
    }

    private func failure(
        _ headers: StandardWebhooks.SignedHeaders, _ secrets: [SigningSecret], body: String = "",
        now: Int64 = 1
    ) -> StandardWebhooks.VerificationError? {
        do throws(StandardWebhooks.VerificationError) {
            try StandardWebhooks.verify(headers, body: Array(body.utf8), secrets: secrets, now: now)
            return nil
        } catch {
            return error
        }
    }
}
