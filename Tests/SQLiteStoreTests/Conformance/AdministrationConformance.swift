import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct AdministrationConformance {
    @Test(arguments: StoreKind.all)
    func `an account's name and metering can change`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var changed = account
            changed.name = "Renamed"
            changed.isMetered = true

            let isUpdated = try await store.update(changed)

            #expect(isUpdated)
            #expect(try await store.account(account.id) == changed)
            #expect(try await store.accounts() == [changed])
            #expect(try await !store.update(.make()))
        }
    }

    @Test(arguments: StoreKind.all)
    func `a key's limits read back`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let key = APIKey.make(account: account.id, creditCap: 40, requestsPerMinute: 60)
            try await store.insert(key, valueHash: [1])

            #expect(try await store.key(valueHash: [1]) == key)
            #expect(try await store.keys(of: account.id) == [key])
        }
    }

    @Test(arguments: StoreKind.all)
    func `the last use of a key only moves forward`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let key = APIKey.make(account: account.id)
            try await store.insert(key, valueHash: [1])

            try await store.touch([key.id: .noon, .make("key_"): .noon])
            try await store.touch([key.id: .noon - .seconds(60)])
            try await store.touch([:])

            #expect(try await store.key(valueHash: [1])?.lastUsedAt == .noon)
        }
    }

    @Test(arguments: StoreKind.all)
    func `administrators are accounts with a valid key of that scope`(kind: StoreKind) async throws {
        try await withStore(kind) { store, first, _ in
            let second = Account.make()
            try await store.insert(second, callbackSecret: .make())
            try await store.insert(.make(account: first.id), valueHash: [1])
            let expiring = APIKey.make(
                account: first.id, scopes: [.app, .admin], expiresAt: .noon + .seconds(60))
            try await store.insert(expiring, valueHash: [2])
            let lasting = APIKey.make(account: second.id, scopes: [.admin])
            try await store.insert(lasting, valueHash: [3])

            #expect(try await store.administrators(now: .noon) == [first.id, second.id])
            #expect(try await store.administrators(now: .noon + .seconds(60)) == [second.id])
            _ = try await store.revoke(lasting.id, of: second.id, at: .noon)
            #expect(try await store.administrators(now: .noon) == [first.id])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a pause takes the place of the one before and ends when somebody resumes`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, _, _ in
            let other = ProviderPause(provider: "dalle", until: nil, reason: "by hand", at: .noon)
            let first = ProviderPause(
                provider: "opus", until: .noon + .seconds(60), reason: "cap", at: .noon)
            var second = first
            second.until = nil
            second.reason = "kill switch"
            try await store.pause(first)
            try await store.pause(other)
            try await store.pause(second)

            #expect(try await store.pauses() == [other, second])
            #expect(try await store.resume(provider: "opus"))
            #expect(try await !store.resume(provider: "opus"))
            #expect(try await store.pauses() == [other])
        }
    }

    @Test(arguments: StoreKind.all)
    func `an upload belongs to its account and to no job`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let upload = Artifact.make(account: account.id)
            try await store.insert(upload)

            #expect(try await store.artifact(upload.id, of: account.id) == upload)
            #expect(try await store.artifact(upload.id, of: .make("acct_")) == nil)
            await #expect(throws: StoreError.self) { try await store.insert(upload) }
            await #expect(throws: StoreError.self) {
                try await store.insert(.make(account: .make("acct_")))
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `events outside any job reach the endpoints that ask for them`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let other = Account.make()
            try await store.insert(other, callbackSecret: .make())
            let asking = Endpoint.make(account: account.id, events: [.webhookTest])
            let silent = Endpoint.make(account: account.id, events: [.completed])
            let foreign = Endpoint.make(account: other.id, events: [.webhookTest])
            for endpoint in [asking, silent, foreign] { try await store.insert(endpoint, secret: .make()) }
            let events = [Event.make(account: account.id), .make(account: other.id)]

            try await store.emit(events)

            let due = try await store.claimAtNoon()
            #expect(Set(due.map(\.delivery.target)) == [.endpoint(asking.id), .endpoint(foreign.id)])
            #expect(Set(due.map(\.event)) == Set(events))
            #expect(try await store.events(EventQuery(account: account.id)).map(\.event) == [events[0]])
        }
    }

    @Test(arguments: StoreKind.all)
    func `of events that cannot all be written none is`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let event = Event.make(account: account.id)

            await #expect(throws: StoreError.self) { try await store.emit([event, event]) }

            let position = try await store.lastEventPosition()
            #expect(position == 0)
        }
    }
}
