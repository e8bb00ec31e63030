import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct EndpointConformance {
    @Test(arguments: StoreKind.all)
    func `endpoints read back with their secret, oldest first`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var first = Endpoint.make(account: account.id, url: "https://example.com/a?b=%20c")
            first.description = "Mine"
            let second = Endpoint.make(account: account.id, status: .paused)
            try await store.insert(first, secret: .make("one"))
            try await store.insert(second, secret: .make("two"))

            #expect(try await store.endpoints(of: account.id) == [first, second])
            #expect(try await store.endpoint(first.id, of: account.id) == first)
            #expect(try await store.endpoint(first.id, of: .make("acct_")) == nil)
            #expect(try await store.secret(of: second.id) == .make("two"))
            #expect(try await store.secret(of: .make("ep_")) == nil)
            await #expect(throws: StoreError.self) { try await store.insert(first, secret: .make()) }
        }
    }

    @Test(arguments: StoreKind.all)
    func `updating writes everything that may change, for its account only`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var endpoint = Endpoint.make(account: account.id)
            try await store.insert(endpoint, secret: .make())
            endpoint.url = "https://example.org/other"
            endpoint.events = [.queued]
            endpoint.status = .disabled
            endpoint.description = "Changed"

            #expect(try await store.update(endpoint))

            #expect(try await store.endpoint(endpoint.id, of: account.id) == endpoint)
            endpoint.account = .make("acct_")
            #expect(try await !store.update(endpoint))
        }
    }

    @Test(arguments: StoreKind.all)
    func `a deleted endpoint takes its pending deliveries along`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            try await store.insert(endpoint, secret: .make())
            try await store.acceptJob(.make(account: account.id))
            try await store.acceptJob(.make(account: account.id))
            let inFlight = try requireOne(try await store.claimAtNoon(limit: 1)).delivery

            #expect(try await !store.deleteEndpoint(endpoint.id, of: .make("acct_")))
            #expect(try await store.deleteEndpoint(endpoint.id, of: account.id))
            #expect(try await !store.deleteEndpoint(endpoint.id, of: account.id))

            let listed = try await store.deliveries(DeliveryQuery(account: account.id)).items
            #expect(listed.map { $0.status } == [.exhausted, .exhausted])
            #expect(try await store.claimAtNoon().isEmpty)
            #expect(try await store.nextDeliveryDue() == nil)
            let retry = AttemptResult(
                attempt: .make(delivery: inFlight.id), consequence: .retry(at: .noon + .seconds(5)))
            try await store.record([retry])
            #expect(try await store.delivery(inFlight.id, of: account.id)?.status == .exhausted)
            #expect(try await store.nextDeliveryDue() == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a test event goes to its endpoint alone`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.queued])
            let other = Endpoint.make(account: account.id, events: [.webhookTest])
            try await store.insert(endpoint, secret: .make())
            try await store.insert(other, secret: .make())
            let event = Event.make(account: account.id)

            try await store.emit(event, to: endpoint.id)

            let due = try requireOne(try await store.claimAtNoon())
            #expect(due.delivery.target == .endpoint(endpoint.id))
            #expect(due.event == event)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an event to an endpoint of somebody else is refused and not written`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let other = Account.make()
            try await store.insert(other, callbackSecret: .make())
            let endpoint = Endpoint.make(account: other.id)
            try await store.insert(endpoint, secret: .make())

            await #expect(throws: StoreError.self) {
                try await store.emit(.make(account: account.id), to: endpoint.id)
            }

            #expect(try await store.lastEventPosition() == 0)
        }
    }
}
