import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct ClaimConformance {
    @Test(arguments: StoreKind.all)
    func `a resting endpoint is passed over until its rest ends`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            endpoint.health.restsUntil = .noon + .seconds(90)
            try await store.insert(endpoint, secret: .make())
            try await store.acceptJob(.make(account: account.id))

            let early = try await store.claimAtNoon()
            let next = try await store.nextDeliveryDue()
            let then = try await store.claimAtNoon(now: .noon + .seconds(90))

            #expect(early.isEmpty)
            #expect(next == .noon + .seconds(90))
            #expect(then.count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `no more of an endpoint is leased than its claim limit`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            endpoint.health.claimLimit = 2
            try await store.insert(endpoint, secret: .make())
            for _ in 0..<4 { try await store.acceptJob(.make(account: account.id)) }
            var due = store.changes.subscribe { $0 == .deliveryDue }.makeAsyncIterator()

            let first = try await store.claimAtNoon()
            let full = try await store.claimAtNoon()
            let whileFull = try await store.nextDeliveryDue()
            try await store.record([
                AttemptResult(attempt: .make(delivery: first[0].delivery.id), consequence: .delivered)
            ])

            #expect(first.count == 2)
            #expect(full.isEmpty)
            #expect(whileFull == nil)
            #expect(await due.next() == .deliveryDue)
            #expect(try await store.claimAtNoon().count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an ordered endpoint gets its events one after the other`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            endpoint.sending.isOrdered = true
            try await store.insert(endpoint, secret: .make())
            var jobs: [JobID] = []
            // The later it is accepted, the longer ago it seems to have happened: commits count, not clocks.
            for age in 1...3 {
                let job = Job.make(account: account.id)
                let event = Event.make(.queued, of: job, occurredAt: .noon - .seconds(age))
                try await store.accept(job, callback: nil, event: event)
                jobs.append(job.id)
            }

            let first = try requireOne(try await store.claimAtNoon())
            let whileHeld = try await store.claimAtNoon()
            let dueWhileHeld = try await store.nextDeliveryDue()
            try await store.fail(first.delivery, then: .retry(at: .noon + .seconds(5)))
            let whileResting = try await store.claimAtNoon()
            let dueWhileResting = try await store.nextDeliveryDue()
            let again = try requireOne(try await store.claimAtNoon(now: .noon + .seconds(5)))
            try await store.fail(again.delivery, then: .exhausted)
            let second = try requireOne(try await store.claimAtNoon(now: .noon + .seconds(5)))

            #expect(first.event.job == jobs[0])
            #expect(whileHeld.isEmpty && whileResting.isEmpty)
            #expect(dueWhileHeld == nil)
            #expect(dueWhileResting == .noon + .seconds(5))
            #expect(again.event == first.event)
            #expect(second.event.job == jobs[1])
        }
    }

    @Test(arguments: StoreKind.all)
    func `what is resent to an ordered endpoint goes before what is newer`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            endpoint.sending.isOrdered = true
            try await store.insert(endpoint, secret: .make())
            for _ in 0..<3 { try await store.acceptJob(.make(account: account.id)) }
            let first = try requireOne(try await store.claimAtNoon()).delivery
            try await store.fail(first, then: .exhausted)
            let second = try requireOne(try await store.claimAtNoon()).delivery

            _ = try await store.resend(first.id, of: account.id, now: .noon)
            let whileHeld = try await store.claimAtNoon()
            try await store.fail(second, then: .retry(at: .noon))
            let next = try requireOne(try await store.claimAtNoon()).delivery

            #expect(whileHeld.isEmpty)
            #expect(next.id == first.id)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an endpoint that becomes ordered waits for what is under way`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            try await store.insert(endpoint, secret: .make())
            for _ in 0..<3 { try await store.acceptJob(.make(account: account.id)) }
            let underWay = try await store.claimAtNoon(limit: 2)

            endpoint.sending.isOrdered = true
            #expect(try await store.update(endpoint))
            let whileHeld = try await store.claimAtNoon()
            for due in underWay {
                try await store.record([
                    AttemptResult(attempt: .make(delivery: due.delivery.id), consequence: .delivered)
                ])
            }

            #expect(whileHeld.isEmpty)
            #expect(try await store.claimAtNoon().count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a disabled endpoint keeps what was pending, and gets it when enabled`(kind: StoreKind) async throws
    {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            try await store.insert(endpoint, secret: .make())
            try await store.acceptJob(.make(account: account.id))
            endpoint.status = .disabled
            #expect(try await store.update(endpoint))
            try await store.acceptJob(.make(account: account.id))

            let whileDisabled = try await store.claimAtNoon()
            let pending = try await store.deliveries(DeliveryQuery(account: account.id, status: .pending))
            endpoint.status = .enabled
            #expect(try await store.update(endpoint))

            #expect(whileDisabled.isEmpty)
            #expect(pending.items.count == 1)
            #expect(try await store.claimAtNoon().count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an endpoint gets nothing after it has expired, and is removed`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, clock in
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            endpoint.expiresAt = .noon + .seconds(10)
            try await store.insert(endpoint, secret: .make())
            try await store.acceptJob(.make(account: account.id))
            clock.advance(by: .seconds(10))
            try await store.acceptJob(.make(account: account.id))

            let claimed = try await store.claimAtNoon(now: clock.now())
            let next = try await store.nextDeliveryDue()
            let early = try await store.removeExpiredEndpoints(now: .noon)
            let removed = try await store.removeExpiredEndpoints(now: clock.now())
            let deliveries = try await store.deliveries(DeliveryQuery(account: account.id)).items

            #expect(claimed.isEmpty)
            #expect(next == nil)
            #expect(early == 0)
            #expect(removed == 1)
            #expect(deliveries.map { $0.status } == [.exhausted])
            #expect(try await store.endpoints(of: account.id).isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `only events of jobs that the filters admit are kept`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoints: [Endpoint] = []
            for filters in [
                Endpoint.Filters(chains: ["default"], sessions: ["a"], metadata: ["team": "blue"]),
                Endpoint.Filters(chains: ["elsewhere"]), Endpoint.Filters(sessions: ["b"]),
                Endpoint.Filters(metadata: ["team": "red"]),
            ] {
                var endpoint = Endpoint.make(account: account.id, events: [.queued, .webhookTest])
                endpoint.filters = filters
                try await store.insert(endpoint, secret: .make())
                endpoints.append(endpoint)
            }
            var job = Job.make(account: account.id, session: "a")
            job.metadata = ["team": "blue", "size": 5]

            try await store.acceptJob(job)
            let ofJob = try await store.claimAtNoon()
            try await store.emit([.make(account: account.id)])
            let ofNoJob = try await store.claimAtNoon()

            #expect(ofJob.map { $0.delivery.target } == [.endpoint(endpoints[0].id)])
            #expect(ofNoJob.count == 4)
        }
    }
}
