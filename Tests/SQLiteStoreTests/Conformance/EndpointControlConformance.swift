import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct EndpointControlConformance {
    @Test(arguments: StoreKind.all)
    func `all that an endpoint asks for reads back, inserted or updated`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let full = Endpoint.full(account: account.id)
            var other = Endpoint.make(account: account.id)
            try await store.insert(full, secret: .make())
            try await store.insert(other, secret: .make())

            other = full.renamed(other.id)
            #expect(try await store.update(other))
            let plain = Endpoint.make(id: full.id, account: account.id)
            let both = try await store.endpoints(of: account.id)
            #expect(try await store.update(plain))

            #expect(both == [full, other])
            #expect(try await store.endpoint(full.id, of: account.id) == plain)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a change is made to the endpoint as it stands`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.full(account: account.id)
            try await store.insert(endpoint, secret: .make())

            let changed = try await store.update(endpoint.id, of: account.id) {
                $0.description = "Changed"
                $0.id = .make("ep_")
                $0.health.failures += 1
            }
            let foreign = try await store.update(endpoint.id, of: .make("acct_")) { $0.url = "" }

            var expected = endpoint
            expected.description = "Changed"
            expected.health.failures += 1
            #expect(changed == expected)
            #expect(foreign == nil)
            #expect(try await store.endpoints(of: account.id) == [expected])
        }
    }

    @Test(arguments: StoreKind.all)
    func `secrets are replaced for their owner only`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            try await store.insert(endpoint, secret: .make("old"))
            try await store.acceptJob(.make(account: account.id, callbackEvents: [.queued]))

            let outcomes = [
                try await store.setSecret(.make("theirs"), of: endpoint.id, account: .make("acct_")),
                try await store.setSecret(.make("new"), of: endpoint.id, account: account.id),
                try await store.setCallbackSecret(.make("theirs"), of: .make("acct_")),
                try await store.setCallbackSecret(.make("new"), of: account.id),
            ]
            let due = try await store.claimAtNoon()

            #expect(outcomes == [false, true, false, true])
            #expect(try await store.secret(of: endpoint.id) == .make("new"))
            #expect(try await store.callbackSecret(of: account.id) == .make("new"))
            #expect(due.count == 2)
            for due in due {
                switch due.destination {
                case .callback(_, let secret), .endpoint(_, let secret): #expect(secret == .make("new"))
                }
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `what a face answers is kept with its event`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            try await store.insert(Endpoint.make(account: account.id, events: [.queued]), secret: .make())
            let job = Job.make(account: account.id)
            var event = Event.make(.queued, of: job)
            event.faceData = Array("{\"success\":true}".utf8)

            try await store.accept(job, callback: nil, event: event)

            #expect(try await store.claimAtNoon().map { $0.event } == [event])
            #expect(try await store.events(EventQuery(account: account.id)).map { $0.event } == [event])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a deleted endpoint takes much with it`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            try await store.insert(endpoint, secret: .make())
            try await store.emit((0..<1_203).map { _ in .make(.queued, account: account.id) })

            #expect(try await store.deleteEndpoint(endpoint.id, of: account.id))

            let pending = try await store.deliveries(DeliveryQuery(account: account.id, status: .pending))
            #expect(pending.items.isEmpty)
            #expect(try await store.claimAtNoon().isEmpty)
        }
    }
}

extension Endpoint {
    /// One that has everything an endpoint can have.
    fileprivate static func full(account: AccountID) -> Endpoint {
        var endpoint = make(account: account, events: Set(EventType.allCases), status: .disabled)
        endpoint.description = "Full"
        endpoint.disabledReason = "it said so"
        endpoint.filters = Filters(
            chains: ["b", "a"], sessions: ["s"], metadata: ["team": "blue", "deep": ["n": 1.5]])
        endpoint.health.failingSince = .noon
        endpoint.health.failures = 4
        endpoint.health.restsUntil = .noon + .seconds(5)
        endpoint.health.claimLimit = 2
        endpoint.sending.signature = .stripe
        endpoint.sending.envelope = .cloudEventsBinary
        endpoint.sending.format = .face
        endpoint.sending.rests = [.seconds(1), .milliseconds(1_500)]
        endpoint.sending.maximumInFlight = 3
        endpoint.sending.ratePerSecond = 5
        endpoint.sending.isOrdered = true
        endpoint.expiresAt = .noon + .seconds(3_600)
        return endpoint
    }

    fileprivate func renamed(_ id: EndpointID) -> Endpoint {
        var endpoint = self
        endpoint.id = id
        return endpoint
    }
}
