import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@Suite struct EndpointRevisionConformance {
    @Test(arguments: StoreKind.all)
    func `the same subscription is one endpoint, however many ask at once`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let outcomes = try await withThrowingTaskGroup(of: StoredEndpoint?.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await store.insertUnlessPresent(
                            StoredEndpoint(.make(account: account.id), secret: .make("\(number)")), now: .noon
                        )
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }

            let made = try requireOne(try await store.storedEndpoints(of: account.id))
            #expect(outcomes.filter { $0 == nil }.count == 1)
            #expect(outcomes.compactMap { $0 }.allSatisfy { $0 == made })
        }
    }

    @Test(arguments: StoreKind.all)
    func `another URL, other types, another account and an expired one are no repetition`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let other = Account.make()
            try await store.insert(other, callbackSecret: .make())
            var expired = Endpoint.make(account: account.id)
            expired.expiresAt = .noon
            try await store.insert(expired, secret: .make())
            try await store.insert(Endpoint.make(account: other.id), secret: .make())
            let gone = Endpoint.make(account: account.id)
            try await store.insert(gone, secret: .make())
            _ = try await store.deleteEndpoint(gone.id, of: account.id)
            let new = [
                Endpoint.make(account: account.id),
                Endpoint.make(account: account.id, url: "https://example.com/Hook"),
                Endpoint.make(account: account.id, events: [.completed]),
            ]
            for endpoint in new {
                let found = try await store.insertUnlessPresent(
                    StoredEndpoint(endpoint, secret: .make()), now: .noon)
                #expect(found == nil)
            }
            #expect(try await store.endpoints(of: account.id) == [expired] + new)
        }
    }

    @Test(arguments: StoreKind.all)
    func `endpoints are read with their secrets by their owner`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let first = StoredEndpoint(.make(account: account.id), secret: .make("one"))
            let second = StoredEndpoint(.make(account: account.id), secret: .make("two"))
            for stored in [first, second] { try await store.insert(stored.endpoint, secret: stored.secret) }

            #expect(try await store.storedEndpoints(of: account.id) == [first, second])
            #expect(try await store.storedEndpoints(of: .make("acct_")).isEmpty)
            #expect(try await store.storedEndpoint(second.endpoint.id, of: account.id) == second)
            #expect(try await store.storedEndpoint(second.endpoint.id, of: .make("acct_")) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a revision writes endpoint, secret and events in one go`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id, events: [.endpointRecovered])
            let other = Endpoint.make(account: account.id, events: [.endpointRecovered])
            for each in [endpoint, other] { try await store.insert(each, secret: .make("old")) }

            let revised = try await store.revise(endpoint.id, of: account.id) { stored in
                var changed = stored
                changed.endpoint.description = "Changed"
                changed.endpoint.id = .make("ep_")
                changed.secret = .make("new")
                return EndpointRevision(
                    changed, events: [.make(.endpointRecovered, account: stored.endpoint.account)])
            }
            let refused = try await store.revise(endpoint.id, of: account.id) { _ in nil }
            let foreign = try await store.revise(endpoint.id, of: .make("acct_")) { EndpointRevision($0) }

            var expected = StoredEndpoint(endpoint, secret: .make("new"))
            expected.endpoint.description = "Changed"
            #expect(revised == expected)
            #expect(refused == nil)
            #expect(foreign == nil)
            #expect(try await store.storedEndpoint(endpoint.id, of: account.id) == expected)
            let due = try requireOne(try await store.claimAtNoon())
            #expect(due.delivery.target == .endpoint(other.id))
        }
    }

    @Test(arguments: StoreKind.all)
    func `no revision of secrets is lost`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id)
            try await store.insert(endpoint, secret: .make("s"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        _ = try await store.revise(endpoint.id, of: account.id) { stored in
                            var longer = stored
                            longer.secret.bytes.append(1)
                            return EndpointRevision(longer)
                        }
                    }
                    group.addTask {
                        _ = try await store.reviseCallbackSecret(of: account.id) {
                            Sealed(bytes: $0.bytes + [1])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let unchanged = try await store.reviseCallbackSecret(of: account.id) { _ in nil }

            #expect(try await store.secret(of: endpoint.id)?.bytes.count == 1 + 10)
            #expect(
                try await store.callbackSecret(of: account.id)?.bytes.count == "callback secret".utf8.count
                    + 10)
            #expect(unchanged == nil)
            #expect(try await store.reviseCallbackSecret(of: .make("acct_")) { $0 } == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `the newest events come first where that is asked for`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let jobs = [Job.make(account: account.id), Job.make(account: account.id)]
            for job in jobs { try await store.acceptJob(job) }
            try await store.emit([.make(.webhookTest, account: account.id)])

            var query = EventQuery(account: account.id, types: [.queued], limit: 1)
            query.isNewestFirst = true
            let newest = try await store.events(query)
            query.job = jobs[0].id
            let ofFirst = try await store.events(query)
            (query.job, query.types, query.limit) = (nil, nil, 10)

            #expect(newest.map { $0.event.job } == [jobs[1].id])
            #expect(ofFirst.map { $0.event.job } == [jobs[0].id])
            #expect(try await store.events(query).map { $0.position } == [3, 2, 1])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a sample that was sent as a test is never recovered`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let asked = Endpoint.make(account: account.id, events: [.completed])
            let other = Endpoint.make(account: account.id, events: [.completed])
            for endpoint in [asked, other] { try await store.insert(endpoint, secret: .make()) }
            var sample = Event.make(.completed, account: account.id)
            sample.body = Array(#"{"type":"thumbnail.completed","data":{"test":true,"id":"job_1"}}"#.utf8)
            try await store.emit(sample, to: asked.id)
            try await store.fail(try requireOne(try await store.claimAtNoon()).delivery, then: .exhausted)

            for endpoint in [asked, other] {
                for scope in [RecoveryQuery.Scope.failed, .missing, .all] {
                    let query = RecoveryQuery(
                        endpoint: endpoint.id, account: account.id, scope: scope,
                        since: .noon + .seconds(-60),
                        until: .noon + .seconds(60))
                    #expect(try await store.recover(query, now: .noon) == 0)
                }
            }
        }
    }
}
