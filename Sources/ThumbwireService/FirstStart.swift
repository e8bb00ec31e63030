internal import Foundation
internal import Persistence
internal import Signing
internal import ThumbwireKit
internal import Webhooks

/// What the first start leaves behind: an account and an admin key.
struct FirstStart {
    static let accountName = "default"
    /// Shorter keys can be guessed, which the log says.
    static let saferKeyLength = 16

    let store: any Store
    let sealer: Sealer
    let clock: any WallClock
    let log: Log

    /// Makes what is missing of account and admin key, wherever a start before was cut off, and sees to it that the
    /// admin key the operator set is known. An empty one is none. Throws when that key cannot be sent in a header, or the
    /// sealing key is not the one that the stored secrets were sealed with.
    func prepare(adminKey: String?, keyFile: String) async throws {
        let adminKey = adminKey.flatMap { $0.isEmpty ? nil : $0 }
        if let adminKey { try check(adminKey) }
        let account = try await account()
        if let adminKey {
            try await add(adminKey, to: account)
        } else if try await store.keys(of: account).isEmpty {
            try await makeAdminKey(for: account, keyFile: keyFile)
        }
    }

    private func account() async throws -> AccountID {
        if let account = try await store.accounts().first {
            try await checkSealingKey(account)
            return account.id
        }
        let now = clock.now()
        let account = Account(id: AccountID(prefix: "acct_", at: now), name: Self.accountName, createdAt: now)
        try await store.insert(account, callbackSecret: WebhookSecrets(.generate()).sealed(with: sealer))
        return account.id
    }

    /// The file comes first, so that a key which works is always known to somebody; one that is there already is of a
    /// start that was cut off.
    private func makeAdminKey(for account: AccountID, keyFile: String) async throws {
        let value: String
        if let known = KeyFiles.read(keyFile) {
            guard isSendable(known) else {
                throw ServiceError("\(keyFile) holds no key: remove it, and a new one is made")
            }
            value = known
        } else {
            value = "tw_" + hexadecimal(randomBytes(24))
            try KeyFiles.write(value + "\n", to: keyFile)
        }
        try await add(value, to: account)
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

    private func check(_ adminKey: String) throws {
        guard isSendable(adminKey) else {
            throw ServiceError("THUMBWIRE_ADMIN_KEY: expected visible ASCII characters without spaces")
        }
        if adminKey.utf8.count < Self.saferKeyLength {
            log(
                .warning,
                "the admin key is shorter than \(Self.saferKeyLength) characters; others may guess it")
        }
    }

    /// Clients send the key in a header: it has to be one word.
    private func isSendable(_ key: String) -> Bool {
        !key.isEmpty && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private func checkSealingKey(_ account: Account) async throws {
        guard let sealed = try await store.callbackSecret(of: account.id) else { return }
        do {
            _ = try WebhookSecrets(unsealing: sealed, with: sealer)
        } catch {
            throw ServiceError(
                "the sealing key (--secret-key-file) is not the one that this data folder's secrets were sealed with"
            )
        }
    }
}
