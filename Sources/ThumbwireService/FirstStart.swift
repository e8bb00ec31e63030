internal import Foundation
internal import Persistence
internal import Signing
internal import ThumbwireKit

/// What the first start leaves behind: an account and an admin key.
struct FirstStart {
    static let accountName = "default"
    /// What an operator's key has at least; shorter ones can be guessed.
    static let minimumKeyLength = 16

    let store: any Store
    let sealer: Sealer
    let clock: any WallClock
    let log: Log

    /// Makes what is missing of account and admin key, wherever a start before was cut off, and sees to it that the
    /// admin key the operator set is known. An empty one is none. Throws when that key is too short, or the sealing key
    /// is not the one that the stored secrets were sealed with.
    func prepare(adminKey: String?, keyFile: String) async throws {
        let adminKey = adminKey.flatMap { $0.isEmpty ? nil : $0 }
        if let adminKey, adminKey.utf8.count < Self.minimumKeyLength {
            throw ServiceError(
                "THUMBWIRE_ADMIN_KEY: expected at least \(Self.minimumKeyLength) characters, found "
                    + "\(adminKey.utf8.count)")
        }
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
        try await store.insert(account, callbackSecret: SigningSecret.generate().sealed(with: sealer))
        return account.id
    }

    /// The file comes first, so that a key which works is always known to somebody; one that is there already is of a
    /// start that was cut off.
    private func makeAdminKey(for account: AccountID, keyFile: String) async throws {
        let value: String
        if let known = KeyFiles.read(keyFile) {
            guard known.utf8.count >= Self.minimumKeyLength else {
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
        guard try await store.key(valueHash: hash) == nil else { return }
        let now = clock.now()
        let key = APIKey(
            id: KeyID(prefix: "key_", at: now), account: account, name: "admin", scopes: [.app, .admin],
            createdAt: now)
        try await store.insert(key, valueHash: hash)
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
