internal import Signing
internal import Synchronization

/// What attempts need of an endpoint's or an account's secrets, ready for use.
struct OpenedSecrets: Sendable {
    let secrets: WebhookSecrets
    /// Makes the tokens where the authorization is a JWT.
    let signer: TokenSigner?

    init(unsealing sealed: Sealed, with sealer: Sealer) throws {
        secrets = try WebhookSecrets(unsealing: sealed, with: sealer)
        if case .jwt(let jwt)? = secrets.authorization {
            signer = try TokenSigner(jwt.algorithm, key: jwt.key)
        } else {
            signer = nil
        }
    }
}

/// Keeps secrets open that were used lately. Measured: a private key takes 0.5 to 1 ms to read, and what has none 2 to
/// 4 µs to open, as much as a signature takes; from here it is 0.4 to 6 µs.
///
/// What is sealed anew has other bytes, so that a rotation is a new entry and the old one is not asked for again.
final class SecretsCache: Sendable {
    /// Entries in two generations: what is asked for moves to the young one, which becomes the old one once it is full.
    /// So at most `limit` entries are kept, and those in use stay.
    private struct State {
        var young: [Sealed: OpenedSecrets] = [:]
        var old: [Sealed: OpenedSecrets] = [:]
    }

    private let unseal: @Sendable (Sealed) throws -> OpenedSecrets
    private let generation: Int
    private let state = Mutex(State())

    init(limit: Int = 8_192, unsealing unseal: @escaping @Sendable (Sealed) throws -> OpenedSecrets) {
        self.unseal = unseal
        generation = max(1, limit / 2)
    }

    convenience init(sealer: Sealer) {
        self.init { try OpenedSecrets(unsealing: $0, with: sealer) }
    }

    /// The secrets, from the cache where they are in it.
    func open(_ sealed: Sealed) throws -> OpenedSecrets {
        if let known = state.withLock({ $0.young[sealed] }) { return known }
        let opened: OpenedSecrets
        if let known = state.withLock({ $0.old[sealed] }) {
            opened = known
        } else {
            opened = try unseal(sealed)
        }
        keep(opened, of: sealed)
        return opened
    }

    /// How many are kept.
    var count: Int {
        state.withLock { Set($0.young.keys).union($0.old.keys).count }
    }

    private func keep(_ opened: OpenedSecrets, of sealed: Sealed) {
        state.withLock { state in
            if state.young.count >= generation, state.young[sealed] == nil {
                state.old = state.young
                state.young = [:]
            }
            state.young[sealed] = opened
        }
    }
}
