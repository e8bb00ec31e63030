import Documents
import HTTP
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

@Suite(.timeLimit(.minutes(10)))
struct CallbackDeliveryTests {
    private let encoder = EventEncoder(document: JobDocument(publicURL: "http://127.0.0.1"))

    /// Accepts a job whose callback wants its first event too, and returns that event.
    private func accept(_ callback: Callback, in fixture: Fixture) async throws -> Event {
        var accepted = SampleJobs.queued()
        accepted.account = fixture.account
        accepted.callback = callback.summary()
        let (job, event) = encoder.event(.queued, of: accepted, at: fixture.clock.now())
        try await fixture.store.accept(job, callback: callback.sealed(with: fixture.sealer), event: event)
        return event
    }

    private func delivery(in fixture: Fixture, after attempts: Int) async throws -> Delivery {
        let query = DeliveryQuery(
            account: fixture.account, target: .callback(SampleJobs.queued().id))
        try await eventually {
            try await fixture.store.deliveries(query).items.first?.attempts == attempts
        }
        return try #require(try await fixture.store.deliveries(query).items.first)
    }

    @Test func `a callback gets its headers, its query and the account's signature`() async throws {
        try await Fixture.use { fixture in
            let callback = try Callback(
                url: fixture.receiver.url("/wait?signature=ab%2Bcd"),
                headers: [CustomHeader("Authorization", "Bearer t"), CustomHeader("X-Team", "red")],
                events: [.queued])
            try await fixture.dispatching(fixture.dispatcher()) {
                let event = try await accept(callback, in: fixture)
                #expect(try await delivery(in: fixture, after: 1).status == .delivered)

                let request = try #require(fixture.receiver.requests("/wait").first)
                #expect(request.headers["authorization"] == "Bearer t")
                #expect(request.headers["x-team"] == "red")
                #expect(request.query("signature") == "ab+cd")
                #expect(request.headers["webhook-id"] == event.id.rawValue)
                try StandardWebhooks.verify(
                    StandardWebhooks.SignedHeaders(request.headers), body: request.body,
                    secrets: [fixture.callbackSecret], now: fixture.clock.now().seconds)
            }
        }
    }

    @Test func `409 of a workflow that does not wait yet is tried again a second later`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/wait", statuses: [409, 409, 200])
            let callback = try Callback(url: fixture.receiver.url("/wait"), events: [.queued])
            try await fixture.dispatching(fixture.dispatcher()) {
                _ = try await accept(callback, in: fixture)
                let first = try await delivery(in: fixture, after: 1)
                #expect(first.nextAttemptAt == fixture.clock.now() + .seconds(1))

                fixture.clock.advance(by: .seconds(1))
                _ = try await delivery(in: fixture, after: 2)
                fixture.clock.advance(by: .seconds(1))

                #expect(try await delivery(in: fixture, after: 3).status == .delivered)
            }
            #expect(Set(fixture.receiver.requests("/wait").map { $0.headers["webhook-id"] }).count == 1)
        }
    }

    @Test func `logs do not tell a callback's URL or headers`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/hushpath", statuses: [500])
            let callback = try Callback(
                url: fixture.receiver.url("/hushpath?hushquery=1"),
                headers: [CustomHeader("X-Key", "hushvalue")], events: [.queued])
            try await fixture.dispatching(fixture.dispatcher()) {
                _ = try await accept(callback, in: fixture)
                _ = try await delivery(in: fixture, after: 1)
            }
            #expect(!fixture.logs.isEmpty)
            #expect(!"\(fixture.logs)".contains("hush"))
        }
    }

    @Test func `attempts of a callback that cannot be opened are written`() async throws {
        try await Fixture.use { fixture in
            var job = SampleJobs.queued()
            job.account = fixture.account
            let sealed = try Callback(url: fixture.receiver.url("/wait"), events: [.queued])
                .sealed(with: Sealer(key: randomBytes(Sealer.keyLength)))
            job.callback = Job.CallbackSummary(host: "127.0.0.1", events: [.queued])
            let (accepted, event) = encoder.event(.queued, of: job, at: fixture.clock.now())
            try await fixture.store.accept(accepted, callback: sealed, event: event)
            try await fixture.dispatching(fixture.dispatcher()) {
                let delivery = try await delivery(in: fixture, after: 1)

                let outcome = try await fixture.store.attempts(of: delivery.id).first?.outcome
                guard case .unanswered(let code, _) = outcome else {
                    Issue.record("outcome is \(String(describing: outcome))")
                    return
                }
                #expect(code == "secret_unreadable")
            }
            #expect(fixture.receiver.requests("/wait").isEmpty)
        }
    }
}
