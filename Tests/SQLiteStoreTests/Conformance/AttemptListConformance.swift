import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct AttemptListConformance {
    @Test(arguments: StoreKind.all)
    func `attempts of an endpoint are listed newest first in pages`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            let attempts = try await store.attempt(endpoint, times: [3, 1, 1, 7, 1, 5, 2])

            var seen: [Attempt] = []
            var query = AttemptQuery(account: account.id, endpoint: endpoint.id, limit: 3)
            repeat {
                let page = try await store.attempts(query)
                #expect(page.items.count <= 3)
                seen += page.items
                query.cursor = page.next
            } while query.cursor != nil

            #expect(seen.map { $0.startedAt } == attempts.map { $0.startedAt }.sorted(by: >))
            #expect(Set(seen) == Set(attempts))
            query.account = .make("acct_")
            #expect(try await store.attempts(query).items.isEmpty)
            query.cursor = "1.2"
            await #expect(throws: StoreError.self) { try await store.attempts(query) }
        }
    }

    @Test(arguments: StoreKind.all)
    func `attempts are chosen by status, error, duration and time`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            let delivery = try await store.deliver(to: endpoint)
            let outcomes: [Attempt.Outcome] = [
                .answered(status: 503, bodyHead: "busy"), .unanswered(code: "timeout", message: "no answer"),
                .answered(status: 404, bodyHead: "gone"),
            ]
            let attempts = outcomes.enumerated().map { index, outcome in
                Attempt.make(
                    delivery: delivery.id, number: index + 1, startedAt: .noon + .seconds(index),
                    duration: .milliseconds(10 * (index + 1)), outcome: outcome)
            }
            for attempt in attempts {
                try await store.record([AttemptResult(attempt: attempt, consequence: .retry(at: .noon))])
            }
            func listed(_ choose: (inout AttemptQuery) -> Void) async throws -> [Int] {
                var query = AttemptQuery(account: account.id, endpoint: endpoint.id)
                choose(&query)
                return try await store.attempts(query).items.map { $0.number }
            }

            #expect(try await listed { $0.statusCodes = 500...599 } == [1])
            #expect(try await listed { $0.errorCode = "timeout" } == [2])
            #expect(try await listed { $0.minimumDuration = .milliseconds(20) } == [3, 2])
            #expect(try await listed { $0.since = .noon + .seconds(1) } == [3, 2])
            #expect(try await listed { $0.until = .noon + .seconds(1) } == [2, 1])
            #expect(try await listed { _ in } == [3, 2, 1])
        }
    }

    @Test(arguments: StoreKind.all)
    func `deliveries are chosen by type, job, status code and time`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued, .failed])
            try await store.insert(endpoint, secret: .make())
            let job = try await store.acceptJob(.make(account: account.id, callbackEvents: [.queued]))
            let due = try await store.claimAtNoon()
            for due in due { try await store.fail(due.delivery, then: .exhausted) }
            let later = Event.make(.failed, account: account.id, occurredAt: .noon + .seconds(5))
            try await store.emit([later])
            let targets: [Delivery.Target?] = [nil, .endpoint(endpoint.id), .callback(job.id)]
            func counts(_ choose: (inout DeliveryQuery) -> Void) async throws -> [Int] {
                var counts: [Int] = []
                for target in targets {
                    var query = DeliveryQuery(account: account.id, target: target)
                    choose(&query)
                    counts.append(try await store.deliveries(query).items.count)
                }
                return counts
            }

            #expect(try await counts { _ in } == [3, 2, 1])
            #expect(try await counts { $0.types = [.failed] } == [1, 1, 0])
            #expect(try await counts { $0.job = job.id } == [2, 1, 1])
            #expect(try await counts { $0.job = .make("job_") } == [0, 0, 0])
            #expect(try await counts { $0.statusCodes = 500...599 } == [2, 1, 1])
            #expect(try await counts { $0.statusCodes = 200...299 } == [0, 0, 0])
            #expect(try await counts { $0.since = .noon + .seconds(1) } == [1, 1, 0])
            #expect(try await counts { $0.until = .noon + .seconds(1) } == [2, 1, 1])
            #expect(try await counts { ($0.job, $0.limit) = (job.id, 1) } == [1, 1, 1])
        }
    }

    @Test(arguments: StoreKind.all)
    func `deliveries of an endpoint are listed newest event first in pages`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            try await store.insert(endpoint, secret: .make())
            var jobs: [JobID?] = []
            for _ in 0..<7 { jobs.append(try await store.acceptJob(.make(account: account.id)).id) }

            var seen: [EventID] = []
            var query = DeliveryQuery(account: account.id, target: .endpoint(endpoint.id), limit: 3)
            repeat {
                let page = try await store.deliveries(query)
                seen += page.items.map { $0.event }
                query.cursor = page.next
                try await store.acceptJob(.make(account: account.id))
            } while query.cursor != nil

            let events = try await store.events(EventQuery(account: account.id, limit: 7)).map { $0.event }
            #expect(events.map { $0.job } == jobs)
            #expect(seen == events.map { $0.id }.reversed())
        }
    }
}

extension Store {
    /// Adds the endpoint and makes an attempt on it that many seconds after noon each, on deliveries of their own.
    fileprivate func attempt(_ endpoint: Endpoint, times: [Int]) async throws -> [Attempt] {
        try await insert(endpoint, secret: .make())
        for _ in times { try await acceptJob(.make(account: endpoint.account)) }
        let due = try await claimAtNoon()
        let attempts = zip(due, times).map { due, seconds in
            Attempt.make(delivery: due.delivery.id, startedAt: .noon + .seconds(seconds))
        }
        try await record(attempts.map { AttemptResult(attempt: $0, consequence: .delivered) })
        return attempts
    }
}
