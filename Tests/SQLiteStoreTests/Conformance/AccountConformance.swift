import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@Suite struct AccountConformance {
    @Test(arguments: StoreKind.all)
    func `accounts come back oldest first with their secret`(kind: StoreKind) async throws {
        try await withStore(kind) { store, first, _ in
            let second = Account.make(name: "Second")
            try await store.insert(second, callbackSecret: .make("two"))

            #expect(try await store.accounts() == [first, second])
            #expect(try await store.account(second.id) == second)
            #expect(try await store.account(.make("acct_")) == nil)
            #expect(try await store.callbackSecret(of: second.id) == .make("two"))
            #expect(try await store.callbackSecret(of: .make("acct_")) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an account is inserted once`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let error = await #expect(throws: StoreError.self) {
                try await store.insert(account, callbackSecret: .make("other"))
            }

            guard case .conflict = error else {
                Issue.record("unexpected \(String(describing: error))")
                return
            }
            let secret = try await store.callbackSecret(of: account.id)
            #expect(secret == .make("callback secret"))
        }
    }

    @Test(arguments: StoreKind.all)
    func `a key is found by the hash of its value`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let key = APIKey.make(
                account: account.id, scopes: [.app, .admin], expiresAt: .noon + .seconds(60))
            let hash = Hash.sha256(Array("value".utf8))
            try await store.insert(key, valueHash: hash)

            #expect(try await store.key(valueHash: hash) == key)
            #expect(try await store.key(valueHash: Hash.sha256([])) == nil)
            #expect(try await store.keys(of: account.id) == [key])
            await #expect(throws: StoreError.self) {
                try await store.insert(.make(account: account.id), valueHash: hash)
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `a key without account is refused as missing`(kind: StoreKind) async throws {
        try await withStore(kind) { store, _, _ in
            let error = await #expect(throws: StoreError.self) {
                try await store.insert(.make(account: .make("acct_")), valueHash: [1])
            }

            guard case .missing = error else {
                Issue.record("unexpected \(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `a key is revoked once and by its account only`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let key = APIKey.make(account: account.id)
            try await store.insert(key, valueHash: [1])

            #expect(try await !store.revoke(key.id, of: .make("acct_"), at: .noon))
            #expect(try await store.revoke(key.id, of: account.id, at: .noon))
            #expect(try await store.revoke(key.id, of: account.id, at: .noon + .seconds(9)))

            #expect(try await store.key(valueHash: [1])?.revokedAt == .noon)
        }
    }
}
