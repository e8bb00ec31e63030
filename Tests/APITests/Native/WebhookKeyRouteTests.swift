import API
import HTTP
import Signing
import TestSupport
import Testing
import ThumbwireKit
import Webhooks

struct WebhookKeyRouteTests {
    private let jwks = "/.well-known/webhooks-jwks.json"
    private let path = "/v1/webhook-keys"

    @Test func `the public keys are there for everybody and may be kept for an hour`() async throws {
        try await withService { service in
            let response = try await service.send(.get, jwks, key: nil)

            #expect(response.status == 200)
            #expect(response.headers.values(of: "Cache-Control") == ["public, max-age=3600"])
            let key = service.context.serviceKeys.valid(at: service.clock.now())[0].publicKey
            #expect(
                try response.json() == [
                    "keys": [
                        [
                            "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": .string(key.thumbprint),
                            "x": .string(key.coordinate),
                        ]
                    ]
                ])
            #expect(try !response.text().contains("whsk_"))
        }
    }

    @Test func `a rotation shows both keys until the overlap is over`() async throws {
        try await withService { service in
            let former = try await kids(service)
            let rotated = try await service.send(
                .post, "\(path)/rotate", key: Service.adminKey, body: #"{"overlapSeconds":3600}"#)

            #expect(rotated.status == 200)
            let listed = try #require(try rotated.json()["data"]?.array)
            #expect(listed.count == 2)
            #expect(listed[0]["validUntil"] == .null)
            #expect(
                listed[1]["validUntil"]?.string
                    == (service.clock.now() + .seconds(3_600)).description)
            #expect(try await kids(service) == listed.compactMap { $0["kid"]?.string })
            #expect(try await kids(service).suffix(1) == former)
            service.clock.advance(by: .seconds(3_600))
            #expect(try await kids(service).count == 1)
            #expect(
                try await service.send(.get, path, key: Service.adminKey).json()["data"]?.array?.count == 1)
        }
    }

    @Test func `without a body the overlap is a day, and with 0 there is none`() async throws {
        try await withService { service in
            let rotated = try await service.send(.post, "\(path)/rotate", key: Service.adminKey)
            #expect(
                try rotated.json()["data"]?.array?.last?["validUntil"]?.string
                    == (service.clock.now() + .seconds(86_400)).description)
            let before = try await kids(service)
            _ = try await service.send(
                .post, "\(path)/rotate", key: Service.adminKey, body: #"{"overlapSeconds":0}"#)
            let after = try await kids(service)
            // The one before the last goes on for its day.
            #expect(after.count == 2)
            #expect(!after.contains(before[0]))
            #expect(after.contains(before[1]))
        }
    }

    @Test(arguments: [
        #"{"overlapSeconds":-1}"#, #"{"overlapSeconds":604801}"#, #"{"overlapSeconds":"1"}"#,
        #"{"overlap":1}"#, "[]",
    ])
    func `a rotation that cannot be changes nothing`(_ body: String) async throws {
        try await withService { service in
            let before = try await kids(service)
            let response = try await service.send(
                .post, "\(path)/rotate", key: Service.adminKey, body: body)

            #expect(response.status == 422)
            #expect(try response.json()["code"] == "validation_failed")
            #expect(try await kids(service) == before)
        }
    }

    @Test func `keys without the scope admin neither list nor rotate`() async throws {
        try await withService { service in
            for (method, path) in [(Method.get, path), (.post, "\(path)/rotate")] {
                let response = try await service.send(method, path)
                #expect(response.status == 403)
                #expect(try response.json()["code"] == "scope_missing")
            }
        }
    }

    private func kids(_ service: Service) async throws -> [String] {
        let document = try await service.send(.get, jwks, key: nil).json()
        return try #require(document["keys"]?.array).compactMap { $0["kid"]?.string }
    }
}
