internal import Foundation
internal import Persistence
internal import Signing
internal import ThumbwireKit

/// What the first start leaves behind: an account and an admin key.
struct FirstStart {
    static let accountName = "default"

    let store: any Store
    let sealer: Sealer
    let clock: any WallClock
    let log: Log

    /// Makes the account at first start, and sees to it that the admin key the operator set is known. Throws when the
    /// sealing key is not the one that the stored secrets were sealed with.
    func prepare(adminKey: String?, keyFile: String) async throws {
        if let adminKey { try check(adminKey) }
        guard let account = try await store.accounts().first else {
            return try await makeAccount(adminKey: adminKey, keyFile: keyFile)
        }
        try await checkSealingKey(account)
        if let adminKey { try await add(adminKey, to: account.id) }
    }

    private func makeAccount(adminKey: String?, keyFile: String) async throws {
        let now = clock.now()
        let account = Account(id: AccountID(prefix: "acct_", at: now), name: Self.accountName, createdAt: now)
        let secret = SigningSecret.generate()
        try await store.insert(account, callbackSecret: secret.sealed(with: sealer))
        if let adminKey { return try await add(adminKey, to: account.id) }
        let value = "tw_" + hexadecimal(randomBytes(24))
        try KeyFiles.write(value + "\n", to: keyFile)
        try await add(value, to: account.id)
        log(.info, "made the first admin key", ["file": .string(keyFile)])
    }

    private func add(_ value: String, to account: AccountID) async throws {
        let hash = Hash.sha256(Array(value.utf8))
        let now = clock.now()
        if let known = try await store.key(valueHash: hash) {
            if !known.isValid(at: now) {
                log(.warning, "the admin key that is set was revoked or has expired; set another one")
            }
            return
        }
        let key = APIKey(
            id: KeyID(prefix: "key_", at: now), account: account, name: "admin", scopes: [.app, .admin],
            createdAt: now)
        try await store.insert(key, valueHash: hash)
    }

    /// Clients send the key in a header: it has to be one word.
    private func check(_ adminKey: String) throws {
        guard !adminKey.isEmpty, adminKey.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ServiceError("the admin key must be visible ASCII characters without spaces")
        }
    }

    private func checkSealingKey(_ account: Account) async throws {
        guard let sealed = try await store.callbackSecret(of: account.id) else { return }
        do {
            _ = try SigningSecret(unsealing: sealed, with: sealer)
        } catch {
            throw ServiceError(
                "the sealing key (--secret-key-file) is not the one that this data folder's secrets were sealed with"
            )
        }
    }
}
