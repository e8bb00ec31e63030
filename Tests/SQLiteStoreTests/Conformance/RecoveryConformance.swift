import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct RecoveryConformance {
    @Test(arguments: StoreKind.all)
    func `a delivery that ended is resent with its schedule begun anew`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let delivery = try await store.deliver(to: .make(account: account.id, events: [.queued]))
            try await store.fail(delivery, then: .retry(at: .noon))
            try await store.fail(try requireOne(try await store.claimAtNoon()).delivery, then: .exhausted)

            let resent = try await store.resend(delivery.id, of: account.id, now: .noon + .seconds(9))
            let early = try await store.claimAtNoon()
            let due = try requireOne(try await store.claimAtNoon(now: .noon + .seconds(9)))
            try await store.record([
                AttemptResult(attempt: .make(delivery: delivery.id, number: 3), consequence: .delivered)
            ])
            let again = try await store.resend(delivery.id, of: account.id, now: .noon)

            #expect(resent?.status == .pending)
            #expect(resent?.attempts == 2)
            #expect(resent?.earlierAttempts == 2)
            #expect(resent?.nextAttemptAt == .noon + .seconds(9))
            #expect(early.isEmpty)
            #expect(due.delivery == resent)
            #expect(again?.status == .pending)
            #expect(again?.earlierAttempts == 3)
            #expect(try await store.resend(delivery.id, of: .make("acct_"), now: .noon) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `what is resent while it is attempted is sent again only if that fails`(kind: StoreKind) async throws
    {
        try await withStore(kind) { store, account, _ in
            let delivery = try await store.deliver(to: .make(account: account.id, events: [.queued]))

            _ = try await store.resend(delivery.id, of: account.id, now: .noon)
            let whileHeld = try await store.claimAtNoon()
            try await store.fail(delivery, then: .exhausted)
            let second = try requireOne(try await store.claimAtNoon()).delivery
            _ = try await store.resend(delivery.id, of: account.id, now: .noon)
            try await store.record([
                AttemptResult(attempt: .make(delivery: delivery.id, number: 2), consequence: .delivered)
            ])

            #expect(whileHeld.isEmpty)
            #expect(second.attempts == 1)
            #expect(second.earlierAttempts == 1)
            #expect(try await store.delivery(delivery.id, of: account.id)?.status == .delivered)
            #expect(try await store.claimAtNoon().isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a resent delivery whose lease runs out begins its schedule with the next attempt`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let delivery = try await store.deliver(to: .make(account: account.id, events: [.queued]))
            _ = try await store.resend(delivery.id, of: account.id, now: .noon)

            let later = try requireOne(try await store.claimAtNoon(now: .noon + .seconds(60))).delivery

            #expect(later.attempts == 0)
            #expect(later.earlierAttempts == 0)
        }
    }

    @Test(arguments: StoreKind.all)
    func `what went to an endpoint that is gone is not resent`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            let delivery = try await store.deliver(to: endpoint)
            _ = try await store.deleteEndpoint(endpoint.id, of: account.id)

            await #expect(throws: StoreError.self) {
                try await store.resend(delivery.id, of: account.id, now: .noon)
            }
            await #expect(throws: StoreError.self) {
                try await store.recover(.make(endpoint, .all), now: .noon)
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `recovering sends what the scope names, oldest event first`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued], status: .disabled)
            try await store.insert(endpoint, secret: .make())
            let missed = try await store.acceptJob(.make(account: account.id)).id
            endpoint.status = .enabled
            #expect(try await store.update(endpoint))
            let failed = try await store.acceptJob(.make(account: account.id)).id
            try await store.fail(try requireOne(try await store.claimAtNoon()).delivery, then: .exhausted)
            let delivered = try await store.acceptJob(.make(account: account.id)).id
            let success = try requireOne(try await store.claimAtNoon()).delivery
            try await store.record([
                AttemptResult(attempt: .make(delivery: success.id), consequence: .delivered)
            ])
            let pending = try await store.acceptJob(.make(account: account.id)).id

            let counts = [
                try await store.recover(.make(endpoint, .failed), now: .noon),
                try await store.recover(.make(endpoint, .missing), now: .noon),
                try await store.recover(.make(endpoint, .all), now: .noon),
            ]

            #expect(counts == [1, 1, 1])
            #expect(
                Set(try await store.claimAtNoon().map { $0.event.job }) == [
                    missed, failed, delivered, pending,
                ])
        }
    }

    @Test(arguments: StoreKind.all)
    func `recovering keeps to the time, the filters and the types`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued], status: .disabled)
            endpoint.filters = Endpoint.Filters(sessions: ["mine"])
            try await store.insert(endpoint, secret: .make())
            var mine: [JobID] = []
            for seconds in 0..<4 {
                let job = Job.make(account: account.id, session: "mine")
                let at = Timestamp.noon + .seconds(seconds)
                try await store.accept(job, callback: nil, event: .make(.queued, of: job, occurredAt: at))
                mine.append(job.id)
            }
            try await store.acceptJob(.make(account: account.id, session: "other"))
            try await store.emit([.make(.webhookTest, account: account.id)])
            endpoint.status = .enabled
            #expect(try await store.update(endpoint))

            let query = RecoveryQuery(
                endpoint: endpoint.id, account: account.id, scope: .all, since: .noon + .seconds(1),
                until: .noon + .seconds(2))
            let count = try await store.recover(query, now: .noon + .seconds(9))
            let due = try await store.claimAtNoon(now: .noon + .seconds(9))

            #expect(count == 2)
            #expect(due.map { $0.event.job } == Array(mine[1...2]))
        }
    }

    @Test(arguments: StoreKind.all)
    func `a large recovery sends each event once and in order`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(
                account: account.id, events: [.webhookTest, .queued], status: .disabled)
            try await store.insert(endpoint, secret: .make())
            let events = (0..<1_203).map { _ in Event.make(.queued, account: account.id) }
            try await store.emit(events)
            endpoint.status = .enabled
            #expect(try await store.update(endpoint))

            let count = try await store.recover(.make(endpoint, .missing), now: .noon)
            let again = try await store.recover(.make(endpoint, .missing), now: .noon)
            let due = try await store.claimAtNoon(limit: 2_000)

            #expect(count == events.count)
            #expect(again == 0)
            #expect(due.map { $0.event.id } == events.map { $0.id })
        }
    }
}

extension RecoveryQuery {
    /// Of whatever happened.
    static func make(_ endpoint: Endpoint, _ scope: Scope) -> RecoveryQuery {
        RecoveryQuery(
            endpoint: endpoint.id, account: endpoint.account, scope: scope, since: .noon - .seconds(3_600),
            until: .noon + .seconds(3_600))
    }
}

extension Store {
    /// Adds the endpoint, accepts a job and claims what the endpoint gets of it.
    func deliver(to endpoint: Endpoint) async throws -> Delivery {
        try await insert(endpoint, secret: .make())
        try await acceptJob(.make(account: endpoint.account))
        return try requireOne(try await claimAtNoon()).delivery
    }

    /// Records that the next attempt of a delivery was answered with 500.
    func fail(_ delivery: Delivery, then consequence: AttemptResult.Consequence) async throws {
        let attempt = Attempt.make(
            delivery: delivery.id, number: delivery.attempts + 1,
            outcome: .answered(status: 500, bodyHead: "down"))
        try await record([AttemptResult(attempt: attempt, consequence: consequence)])
    }
}
