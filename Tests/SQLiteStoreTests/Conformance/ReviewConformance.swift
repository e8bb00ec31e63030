import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@Suite struct ReviewConformance {
    @Test(arguments: StoreKind.all)
    func `a review is written with the attempts, and touches nothing else`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            endpoint.filters = Endpoint.Filters(sessions: ["session"])
            let delivery = try await store.deliver(to: endpoint)
            var health = Endpoint.Health()
            health.failures = 7
            health.failingSince = .noon
            health.restsUntil = .noon + .seconds(60)
            health.claimLimit = 1
            let found = health

            try await store.record([.make(delivery, .exhausted)]) { endpoint, results in
                var reviewed = endpoint
                reviewed.url = "https://example.com/elsewhere"
                reviewed.status = .disabled
                reviewed.disabledReason = "\(results.count) attempts failed"
                reviewed.health = found
                return EndpointReview(endpoint: reviewed)
            }

            endpoint.status = .disabled
            endpoint.disabledReason = "1 attempts failed"
            endpoint.health = health
            #expect(try await store.endpoint(endpoint.id, of: account.id) == endpoint)
            #expect(try await store.attempts(of: delivery.id).count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `each endpoint is reviewed once with its own attempts`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            for _ in 0..<2 {
                try await store.insert(Endpoint.make(account: account.id, events: [.queued]), secret: .make())
            }
            for _ in 0..<3 {
                try await store.acceptJob(.make(account: account.id, callbackEvents: [.queued]))
            }
            let due = try await store.claimAtNoon()
            let seen = Mutex<[EndpointID: [DeliveryID]]>([:])

            try await store.record(due.map { .make($0.delivery, .delivered) }) { endpoint, results in
                seen.withLock { $0[endpoint.id] = results.map { $0.attempt.delivery } }
                return nil
            }

            var expected: [EndpointID: [DeliveryID]] = [:]
            for delivery in due.map({ $0.delivery }) {
                if case .endpoint(let id) = delivery.target { expected[id, default: []].append(delivery.id) }
            }
            #expect(expected.count == 2)
            #expect(seen.withLock { $0 } == expected)
        }
    }

    @Test(arguments: StoreKind.all)
    func `what a review says goes to the other endpoints that ask for it`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued, .failed])
            let delivery = try await store.deliver(to: endpoint)
            let told = Endpoint.make(account: account.id, events: [.failed])
            let deaf = Endpoint.make(account: account.id, events: [.queued])
            for other in [told, deaf] { try await store.insert(other, secret: .make()) }
            let event = Event.make(.failed, account: account.id)

            try await store.record([.make(delivery, .delivered)]) { endpoint, _ in
                EndpointReview(endpoint: endpoint, events: [event])
            }
            let due = try await store.claimAtNoon()
            let recovered = try await store.recover(.make(endpoint, .missing), now: .noon)

            #expect(due.map { $0.delivery.target } == [.endpoint(told.id)])
            #expect(due.map { $0.event } == [event])
            #expect(recovered == 0)
        }
    }

    @Test(arguments: StoreKind.all)
    func `what an attempt on a callback says goes to the account's endpoints`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.failed])
            endpoint.filters = Endpoint.Filters(sessions: ["a"])
            try await store.insert(endpoint, secret: .make())
            let jobs = [
                Job.make(account: account.id, session: "a", callbackEvents: [.queued]),
                Job.make(account: account.id, session: "b", callbackEvents: [.queued]),
            ]
            for job in jobs { try await store.acceptJob(job) }
            let due = try await store.claimAtNoon()

            try await store.record(
                due.map { due in
                    let job = jobs.first { $0.id == due.event.job }
                    return .make(
                        due.delivery, .exhausted, events: job.map { [.make(.failed, of: $0)] } ?? [])
                })
            let told = try await store.claimAtNoon()

            #expect(due.count == 2)
            #expect(told.map { $0.event.job } == [jobs[0].id])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a refused record writes neither attempt nor review nor event`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            let delivery = try await store.deliver(to: endpoint)
            let position = try await store.lastEventPosition()
            let event = Event.make(.failed, account: .make("acct_"))

            await #expect(throws: StoreError.self) {
                try await store.record([.make(delivery, .delivered)]) { endpoint, _ in
                    var reviewed = endpoint
                    reviewed.health.failures = 3
                    return EndpointReview(endpoint: reviewed, events: [event])
                }
            }

            #expect(try await store.endpoint(endpoint.id, of: account.id) == endpoint)
            #expect(try await store.attempts(of: delivery.id).isEmpty)
            #expect(try await store.lastEventPosition() == position)
        }
    }
}

extension AttemptResult {
    /// Of a delivery's next attempt, answered with 200.
    static func make(_ delivery: Delivery, _ consequence: Consequence, events: [Event] = []) -> AttemptResult
    {
        AttemptResult(
            attempt: .make(delivery: delivery.id, number: delivery.attempts + 1), consequence: consequence,
            events: events)
    }
}
