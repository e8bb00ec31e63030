import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@Suite struct IdempotencyConformance {
    @Test(arguments: StoreKind.all, Creation.allCases)
    func `a key makes one thing, whatever it is`(kind: StoreKind, creation: Creation) async throws {
        try await withStore(kind) { store, account, _ in
            let made = try await creation.run(in: store, account, once: .make())
            let position = try await store.lastEventPosition()

            let repeated = await earlier { _ = try await creation.run(in: store, account, once: .make()) }
            #expect(repeated == .repeated(made))
            #expect(try await store.resource(of: .make())?.id == made)
            let other = await earlier {
                _ = try await creation.run(in: store, account, once: .make(request: 9))
            }
            #expect(other == .reused)
            #expect(try await store.lastEventPosition() == position)
            _ = try await creation.run(in: store, account, once: .make(scope: 9))
        }
    }

    @Test(arguments: StoreKind.all)
    func `equal requests at the same time make one job, one hold and one event`(kind: StoreKind) async throws
    {
        try await withStore(kind) { store, account, _ in
            _ = try await store.update(Account.make(id: account.id, isMetered: true))
            _ = try await store.grant(10, to: account.id, note: nil, at: .noon)
            let outcomes = await withTaskGroup(of: Earlier?.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        await earlier {
                            let job = Job.make(account: account.id, credits: 4)
                            _ = try await store.accept(
                                job, callback: nil, event: .make(.queued, of: job), repetition: .key(.make()))
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }

            let jobs = try await store.jobs(JobQuery(account: account.id)).items
            let job = try requireOne(jobs)
            #expect(outcomes.filter { $0 == nil }.count == 1)
            #expect(outcomes.filter { $0 == .repeated(job.id.rawValue) }.count == 49)
            #expect(try await store.balance(of: account.id) == 6)
            #expect(try await store.events(EventQuery(account: account.id)).count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a request that is refused keeps nothing`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            _ = try await store.update(Account.make(id: account.id, isMetered: true))
            let job = Job.make(account: account.id, credits: 4)
            let event = Event.make(.queued, of: job)
            let key = Repetition.key(.make())
            let poor = try await store.accept(job, callback: nil, event: event, repetition: key)
            guard case .insufficientCredits = poor else {
                Issue.record("it was \(poor)")
                return
            }
            #expect(try await store.resource(of: .make()) == nil)

            _ = try await store.grant(4, to: account.id, note: nil, at: .noon)
            let rich = try await store.accept(job, callback: nil, event: event, repetition: key)
            guard case .accepted = rich else {
                Issue.record("it was \(rich)")
                return
            }
            #expect(try await store.resource(of: .make())?.id == job.id.rawValue)
            #expect(
                try await store.resend(.make("dlv_"), of: account.id, now: .noon, once: .make(scope: 2))
                    == nil)
            #expect(try await store.resource(of: .make(scope: 2)) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a key is new again after a day, also before it is removed`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let first = try await Creation.job.run(in: store, account, once: .make())
            let almost = Timestamp.noon + IdempotencyKey.life - .microseconds(1)
            #expect(try await store.resource(of: .make(at: almost))?.id == first)

            let later = Timestamp.noon + IdempotencyKey.life
            #expect(try await store.resource(of: .make(request: 9, at: later)) == nil)
            let second = try await Creation.job.run(in: store, account, once: .make(request: 9, at: later))
            #expect(try await store.resource(of: .make(request: 9, at: later))?.id == second)
        }
    }

    @Test(arguments: StoreKind.all)
    func `old keys are removed in parts, oldest first`(kind: StoreKind) async throws {
        try await withStore(kind) { store, _, _ in
            for number in UInt8(1)...5 {
                let at = Timestamp.noon + .seconds(Int(number))
                try await store.keep(KeptResource(id: "r", at: at), for: .make(scope: number, at: at))
            }
            let limit = Timestamp.noon + .seconds(4)
            #expect(try await store.removeExpiredIdempotencyKeys(before: limit, limit: 2) == 2)
            #expect(try await store.resource(of: .make(scope: 2)) == nil)
            #expect(try await store.resource(of: .make(scope: 3)) != nil)
            #expect(try await store.removeExpiredIdempotencyKeys(before: limit, limit: 2) == 1)
            #expect(try await store.removeExpiredIdempotencyKeys(before: limit, limit: 2) == 0)
            #expect(try await store.resource(of: .make(scope: 4)) != nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an endpoint that was there stays one that was there`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let stored = StoredEndpoint(.make(account: account.id), secret: .make())
            _ = try await store.insertUnlessPresent(stored, now: .noon)
            let again = StoredEndpoint(.make(account: account.id), secret: .make())

            let found = try await store.insertUnlessPresent(again, now: .noon, once: .make())

            #expect(found?.endpoint.id == stored.endpoint.id)
            let kept = KeptResource(id: stored.endpoint.id.rawValue, isNew: false, at: .noon)
            #expect(try await store.resource(of: .make()) == kept)
        }
    }
}

/// What a client's key may make.
enum Creation: String, CaseIterable, Sendable {
    case job, account, key, grant, artifact, endpoint, testEvent, resent

    /// Does it and returns the id of what it made.
    func run(in store: any Store, _ account: Account, once key: IdempotencyKey) async throws -> String {
        switch self {
        case .job:
            let job = Job.make(account: account.id)
            _ = try await store.accept(
                job, callback: nil, event: .make(.queued, of: job), repetition: .key(key))
            return job.id.rawValue
        case .account:
            let made = Account.make()
            try await store.insert(made, callbackSecret: .make(), credits: 5, once: key)
            #expect(try await store.balance(of: made.id) == 5)
            return made.id.rawValue
        case .key:
            let made = APIKey.make(account: account.id)
            try await store.insert(made, valueHash: Array(made.id.rawValue.utf8), once: key)
            return made.id.rawValue
        case .grant:
            _ = try await store.grant(3, to: account.id, note: nil, at: .noon, once: key)
            return account.id.rawValue
        case .artifact:
            let artifact = Artifact.make(account: account.id)
            try await store.insert(artifact, once: key)
            return artifact.id.rawValue
        case .endpoint:
            var endpoint = Endpoint.make(account: account.id)
            endpoint.url = "https://example.com/\(endpoint.id)"
            let new = StoredEndpoint(endpoint, secret: .make())
            _ = try await store.insertUnlessPresent(new, now: .noon, once: key)
            return endpoint.id.rawValue
        case .testEvent:
            let endpoint = Endpoint.make(account: account.id)
            try await store.insert(endpoint, secret: .make())
            let event = Event.make(.webhookTest, account: account.id)
            try await store.emit(event, to: endpoint.id, once: key)
            return event.id.rawValue
        case .resent:
            let query = DeliveryQuery(account: account.id)
            if try await store.deliveries(query).items.isEmpty {
                let endpoint = Endpoint.make(account: account.id)
                try await store.insert(endpoint, secret: .make())
                try await store.emit(Event.make(.webhookTest, account: account.id), to: endpoint.id)
            }
            let delivery = try requireOne(try await store.deliveries(query).items)
            _ = try await store.resend(delivery.id, of: account.id, now: .noon, once: key)
            return delivery.id.rawValue
        }
    }
}

/// How a store says that a key was used before.
enum Earlier: Hashable, Sendable {
    case repeated(String), reused
}

/// What the store says of the key; `nil` where the operation went through.
private func earlier(_ body: () async throws -> Void) async -> Earlier? {
    do {
        try await body()
    } catch StoreError.repeated(let resource) {
        return .repeated(resource.id)
    } catch StoreError.keyReused {
        return .reused
    } catch {
        Issue.record("\(error)")
    }
    return nil
}

extension IdempotencyKey {
    fileprivate static func make(
        scope: UInt8 = 1, request: UInt8 = 1, at moment: Timestamp = .noon
    ) -> IdempotencyKey {
        IdempotencyKey(scope: [scope], request: [request], at: moment)
    }
}
