import HTTP
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

/// What an owner changes holds for what was claimed before, too. The clock stands still: no lease ends.
@Suite(.timeLimit(.minutes(10)))
struct ChangedEndpointTests {
    /// Thirty deliveries, of which eight wait for an answer and the others for these; `/a` answers the status once the
    /// body opens the gate.
    private func withBacklog(
        answering status: Int = 200,
        _ body: (Fixture, Endpoint, _ open: () -> Void) async throws -> Void
    ) async throws {
        try await Fixture.use { fixture in
            let (released, gate) = AsyncStream<Never>.makeStream()
            fixture.receiver.answer("/a") { _ in
                for await _ in released {}
                return Response(status: status)
            }
            let (endpoint, _) = try await fixture.addEndpoint("a")
            for _ in 1...30 { try await fixture.emit(to: endpoint) }
            try await fixture.dispatching(fixture.dispatcher()) {
                try await eventually { fixture.receiver.requests("/a").count == 8 }
                try await body(fixture, endpoint) { gate.finish() }
            }
        }
    }

    /// Waits until another endpoint has got something: what was to follow from earlier ends has followed.
    private func pass(_ fixture: Fixture) async throws {
        let (other, _) = try await fixture.addEndpoint("other")
        try await fixture.emit(to: other)
        _ = try await fixture.delivery(to: other, after: 1)
    }

    @Test func `nothing begins after a pause, and everything after its end`() async throws {
        try await withBacklog { fixture, endpoint, open in
            _ = try await fixture.store.update(endpoint.id, of: fixture.account) { $0.status = .paused }
            open()
            try await eventually {
                try await fixture.deliveries(to: endpoint, status: .delivered).count >= 8
            }
            try await pass(fixture)
            #expect(fixture.receiver.requests("/a").count == 8)

            _ = try await fixture.store.update(endpoint.id, of: fixture.account) { $0.status = .enabled }
            try await eventually {
                try await fixture.deliveries(to: endpoint, status: .delivered).count == 30
            }
        }
    }

    @Test func `nothing begins for an endpoint that was deleted`() async throws {
        try await withBacklog { fixture, endpoint, open in
            #expect(try await fixture.store.deleteEndpoint(endpoint.id, of: fixture.account))
            open()
            try await eventually {
                try await fixture.deliveries(to: endpoint, status: .delivered).count >= 8
            }
            try await pass(fixture)

            #expect(fixture.receiver.requests("/a").count == 8)
        }
    }

    @Test func `what was claimed goes where the endpoint leads now, under the new secret`() async throws {
        try await withBacklog { fixture, endpoint, open in
            let (url, secret) = (fixture.receiver.url("/b"), SigningSecret.generate())
            let sealed = WebhookSecrets(secret).sealed(with: fixture.sealer)
            _ = try await fixture.store.revise(endpoint.id, of: fixture.account) { stored in
                var changed = stored
                changed.endpoint.url = url
                changed.secret = sealed
                return EndpointRevision(changed)
            }
            open()
            try await eventually {
                try await fixture.deliveries(to: endpoint, status: .delivered).count == 30
            }
            #expect(fixture.receiver.requests("/a").count == 8)
            let requests = fixture.receiver.requests("/b")
            #expect(requests.count == 22)
            for request in requests {
                let id = try #require(request.headers["webhook-id"])
                let timestamp = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
                #expect(
                    request.headers["webhook-signature"]
                        == StandardWebhooks.signatures(
                            id: id, timestamp: timestamp, body: request.body, secrets: [secret], keys: []))
            }
        }
    }

    @Test func `an endpoint that is enabled again does not keep the rest of before`() async throws {
        try await Fixture.use { fixture in
            let statuses = [Int](repeating: 503, count: 8) + [200]
            fixture.receiver.answer("/a", statuses: statuses, headers: ["retry-after": "3600"])
            let (endpoint, _) = try await fixture.addEndpoint("a")
            for _ in 1...30 { try await fixture.emit(to: endpoint) }
            try await fixture.dispatching(fixture.dispatcher()) {
                try await eventually { try await fixture.stored(endpoint).health.restsUntil != nil }
                try await pass(fixture)
                for status in [Endpoint.Status.disabled, .enabled] {
                    _ = try await fixture.store.update(endpoint.id, of: fixture.account) {
                        $0.status = status
                        $0.health = Endpoint.Health()
                    }
                }
                try await eventually {
                    try await fixture.deliveries(to: endpoint, status: .delivered).count == 22
                }
            }
        }
    }

    @Test func `an answer at the URL of before disables nothing`() async throws {
        try await withBacklog(answering: 410) { fixture, endpoint, open in
            let url = fixture.receiver.url("/b")
            _ = try await fixture.store.update(endpoint.id, of: fixture.account) { $0.url = url }
            open()
            try await eventually {
                try await fixture.deliveries(to: endpoint, status: .delivered).count == 22
            }
            try await eventually {
                try await fixture.deliveries(to: endpoint, status: .exhausted).count == 8
            }
            #expect(try await fixture.stored(endpoint).status == .enabled)
        }
    }
}
