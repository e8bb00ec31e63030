import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct DeliveryConformance {
    @Test(arguments: StoreKind.all)
    func `an event goes to the callback and endpoints that ask for its type`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let wanting = Endpoint.make(account: account.id, events: [.completed])
            let queuedOnly = Endpoint.make(account: account.id, events: [.queued])
            let disabled = Endpoint.make(account: account.id, events: [.completed], status: .disabled)
            for endpoint in [wanting, queuedOnly, disabled] {
                try await store.insert(endpoint, secret: .make("secret of \(endpoint.id)"))
            }
            let job = try await store.acceptAndClaim(
                .make(account: account.id, callbackEvents: [.completed]))
            let queued = try await store.claimAtNoon()
            _ = try await store.finish(job)

            let completed = try await store.claimAtNoon()

            #expect(queued.map { $0.delivery.target } == [.endpoint(queuedOnly.id)])
            #expect(
                Set(completed.map { $0.delivery.target }) == [.endpoint(wanting.id), .callback(job.id)])
            #expect(completed.allSatisfy { $0.event.type == .completed && $0.event.job == job.id })
        }
    }

    @Test(arguments: StoreKind.all)
    func `a due delivery brings all that an attempt needs`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.completed])
            try await store.insert(endpoint, secret: .make("endpoint secret"))
            let job = try await store.acceptAndClaim(
                .make(account: account.id, callbackEvents: [.completed]))
            _ = try await store.finish(job)

            let due = try await store.claimAtNoon()

            let event = try requireOne(
                try await store.events(EventQuery(account: account.id, types: [.completed]))
            ).event
            #expect(due.count == 2)
            for delivery in due {
                #expect(delivery.event == event)
                switch delivery.destination {
                case .endpoint(let found, let secret):
                    #expect(found == endpoint)
                    #expect(secret == .make("endpoint secret"))
                case .callback(let destination, let secret):
                    #expect(destination == .make("https://example.com/callback"))
                    #expect(secret == .make("callback secret"))
                }
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `events of other accounts stay with them`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let other = Account.make()
            try await store.insert(other, callbackSecret: .make())
            try await store.insert(Endpoint.make(account: other.id, events: [.queued]), secret: .make())

            try await store.acceptJob(.make(account: account.id))

            #expect(try await store.claimAtNoon().isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a delivery is claimed once until its lease ends`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            try await store.insert(Endpoint.make(account: account.id, events: [.queued]), secret: .make())
            try await store.acceptJob(.make(account: account.id))

            let first = try await store.claimAtNoon()
            let second = try await store.claimAtNoon()
            let third = try await store.claimAtNoon(now: .noon + .seconds(60))

            #expect(first.count == 1)
            #expect(second.isEmpty)
            #expect(third.map { $0.delivery.id } == first.map { $0.delivery.id })
        }
    }

    @Test(arguments: StoreKind.all)
    func `a busy callback for which much is due holds up no other`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let busy = try await store.acceptJob(
                .make(account: account.id, callbackEvents: [.queued, .cancelled]))
            _ = try await store.cancel(busy.id, of: account.id) { job in
                let cancelled = job.becoming(.cancelled)
                return Ending(job: cancelled, event: .make(.cancelled, of: cancelled, sequence: 2))
            }
            let other = try await store.acceptJob(.make(account: account.id, callbackEvents: [.queued]))

            let claimed = try await store.claimAtNoon(limit: 1, busy: [.callback(busy.id)])

            #expect(claimed.map(\.delivery.target) == [.callback(other.id)])
        }
    }

    @Test(arguments: StoreKind.all)
    func `busy targets and paused endpoints are passed over`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let busy = Endpoint.make(account: account.id, events: [.queued])
            let paused = Endpoint.make(account: account.id, events: [.queued], status: .paused)
            let free = Endpoint.make(account: account.id, events: [.queued])
            for endpoint in [busy, paused, free] { try await store.insert(endpoint, secret: .make()) }
            let job = try await store.acceptJob(.make(account: account.id, callbackEvents: [.queued]))

            let claimed = try await store.claimAtNoon(busy: [.endpoint(busy.id), .callback(job.id)])

            #expect(claimed.map { $0.delivery.target } == [.endpoint(free.id)])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a resumed endpoint gets what was kept for it`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id, events: [.queued], status: .paused)
            try await store.insert(endpoint, secret: .make())
            try await store.acceptJob(.make(account: account.id))
            #expect(try await store.nextDeliveryDue() == nil)
            var due = store.changes.subscribe { $0 == .deliveryDue }.makeAsyncIterator()

            endpoint.status = .enabled
            #expect(try await store.update(endpoint))

            #expect(await due.next() == .deliveryDue)
            #expect(try await store.nextDeliveryDue() == .noon)
            #expect(try await store.claimAtNoon().count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `the oldest due deliveries are claimed first, whoever they are for`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            for _ in 0..<2 {
                try await store.insert(Endpoint.make(account: account.id, events: [.queued]), secret: .make())
            }
            var accepted: [JobID] = []
            for age in [5, 1, 9, 3] {
                let job = Job.make(account: account.id, callbackEvents: [.queued])
                let event = Event.make(.queued, of: job, occurredAt: .noon - .seconds(age))
                try await store.accept(job, callback: .make(), event: event)
                accepted.append(job.id)
            }

            var claimed: [JobID?] = []
            while case let next = try await store.claimAtNoon(limit: 3), !next.isEmpty {
                #expect(next.count == 3)
                claimed += next.map { $0.event.job }
            }

            let order = [2, 0, 3, 1].flatMap { Array(repeating: accepted[$0] as JobID?, count: 3) }
            #expect(claimed == order)
        }
    }

    @Test(arguments: StoreKind.all)
    func `attempts decide what becomes of their delivery`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(
                .make(account: account.id, callbackEvents: [.completed]))
            _ = try await store.finish(job)
            let delivery = try requireOne(try await store.claimAtNoon()).delivery
            let retryAt = Timestamp.noon + .seconds(5)
            let first = Attempt.make(
                delivery: delivery.id, outcome: .unanswered(code: "timeout", message: "no answer in 15 s"))
            let second = Attempt.make(
                delivery: delivery.id, number: 2, outcome: .answered(status: 503, bodyHead: "busy"))
            let third = Attempt.make(delivery: delivery.id, number: 3)

            try await store.record([AttemptResult(attempt: first, consequence: .retry(at: retryAt))])
            let afterFirst = try await store.delivery(delivery.id, of: account.id)
            #expect(try await store.nextDeliveryDue() == retryAt)
            #expect(try await store.claimAtNoon().isEmpty)
            #expect(try await store.claimAtNoon(now: retryAt).count == 1)
            try await store.record([AttemptResult(attempt: second, consequence: .retry(at: retryAt))])
            let statusAfterSecond = try await store.job(job.id, of: nil)?.callback?.lastStatus
            try await store.record([AttemptResult(attempt: third, consequence: .delivered)])
            let afterThird = try await store.delivery(delivery.id, of: account.id)

            #expect(afterFirst?.status == .pending)
            #expect(afterFirst?.attempts == 1)
            #expect(afterFirst?.nextAttemptAt == retryAt)
            #expect(afterFirst?.lastStatusCode == nil)
            #expect(statusAfterSecond == 503)
            #expect(afterThird?.status == .delivered)
            #expect(afterThird?.nextAttemptAt == nil)
            #expect(afterThird?.lastStatusCode == 200)
            #expect(try await store.attempts(of: delivery.id) == [first, second, third])
            #expect(try await store.job(job.id, of: nil)?.callback?.lastStatus == 200)
            #expect(try await store.nextDeliveryDue() == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `attempts are recorded all or none`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            try await store.insert(Endpoint.make(account: account.id, events: [.queued]), secret: .make())
            try await store.acceptJob(.make(account: account.id))
            let delivery = try requireOne(try await store.claimAtNoon()).delivery

            await #expect(throws: StoreError.self) {
                try await store.record([
                    AttemptResult(attempt: .make(delivery: delivery.id), consequence: .delivered),
                    AttemptResult(attempt: .make(delivery: delivery.id), consequence: .delivered),
                ])
            }

            #expect(try await store.delivery(delivery.id, of: account.id)?.status == .pending)
            #expect(try await store.attempts(of: delivery.id).isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `deliveries are listed newest first by target and status`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            try await store.insert(endpoint, secret: .make())
            let job = try await store.acceptJob(.make(account: account.id, callbackEvents: [.queued]))
            try await store.acceptJob(.make(account: account.id))
            let claimed = try await store.claimAtNoon()
            let callback = try requireOne(claimed.filter { $0.delivery.target == .callback(job.id) })
            try await store.record([
                AttemptResult(
                    attempt: .make(delivery: callback.delivery.id), consequence: .exhausted)
            ])

            let first = try await store.deliveries(DeliveryQuery(account: account.id, limit: 2))
            let second = try await store.deliveries(
                DeliveryQuery(account: account.id, limit: 2, cursor: first.next))
            let ofEndpoint = try await store.deliveries(
                DeliveryQuery(account: account.id, target: .endpoint(endpoint.id)))
            let ofCallback = try await store.deliveries(
                DeliveryQuery(account: account.id, target: .callback(job.id)))
            let exhausted = try await store.deliveries(
                DeliveryQuery(account: account.id, status: .exhausted))
            let foreign = try await store.deliveries(DeliveryQuery(account: .make("acct_")))

            #expect(first.items.count == 2)
            #expect(second.items.count == 1)
            #expect(second.next == nil)
            #expect(Set((first.items + second.items).map { $0.id }).count == 3)
            #expect(ofEndpoint.items.count == 2)
            #expect(ofCallback.items.map { $0.id } == [callback.delivery.id])
            #expect(exhausted.items.map { $0.id } == [callback.delivery.id])
            #expect(foreign.items.isEmpty)
            #expect(try await store.delivery(callback.delivery.id, of: .make("acct_")) == nil)
        }
    }
}
