import Documents
import HTTP
import Persistence
import Signing
import Synchronization
import ThumbwireKit

/// Knows which key a request came with, and whether it may make one more.
///
/// Keys that were found are believed for a moment without asking the store; whoever revokes one says so here.
final class KeyRing: Sendable {
    private struct Known {
        var key: APIKey
        var until: Timestamp
    }

    private struct Cache {
        var keys: [[UInt8]: Known] = [:]
        /// Counts revocations: what was read before one is not remembered after it.
        var generation = 0
    }

    /// Enough for every client of a busy service, and a bound on memory.
    private static let maximumKeys = 10_000

    private let store: any Store
    private let clock: any WallClock
    private let life: Duration
    private let cache = Mutex(Cache())
    private let limiter = RateLimiter()
    private let uses: KeyUses

    init(store: any Store, clock: any WallClock, life: Duration, log: Log = .silent) {
        uses = KeyUses(store: store, log: log)
        self.store = store
        self.clock = clock
        self.life = life
    }

    /// The request's key, counted against its limit; throws ``Problem`` where it has none that is valid, and
    /// ``RateExceeded`` where the key's minute is used up.
    func authenticate(_ request: Request) async throws -> APIKey {
        let hash = Hash.sha256(Array(try credential(of: request).utf8))
        let now = clock.now()
        guard let key = try await key(hash, now: now) else {
            throw Problem(.keyInvalid, "the API key is unknown")
        }
        if key.revokedAt != nil { throw Problem(.keyRevoked, "the API key was revoked") }
        guard key.isValid(at: now) else { throw Problem(.keyExpired, "the API key has expired") }
        uses.note(key.id, at: now)
        try limiter.admit(key, now: now)
        return key
    }

    /// True while the request's key is valid, for answers that last; counts nothing.
    func isStillValid(_ request: Request) async -> Bool {
        guard let credential = try? credential(of: request) else { return false }
        let now = clock.now()
        let known = try? await key(Hash.sha256(Array(credential.utf8)), now: now)
        return known?.isValid(at: now) ?? false
    }

    /// How the key stands in its minute; `nil` where it has no limit.
    func rate(of key: APIKey) -> RateStanding? { limiter.standing(of: key, now: clock.now()) }

    /// Asks the store again for that key.
    func forget(_ id: KeyID) {
        cache.withLock { cache in
            cache.generation += 1
            cache.keys = cache.keys.filter { $0.value.key.id != id }
        }
    }

    private func key(_ hash: [UInt8], now: Timestamp) async throws(StoreError) -> APIKey? {
        let (known, generation) = cache.withLock { ($0.keys[hash], $0.generation) }
        if let known, now < known.until { return known.key }
        guard let key = try await store.key(valueHash: hash) else { return nil }
        cache.withLock { cache in
            guard cache.generation == generation else { return }
            if cache.keys.count >= Self.maximumKeys { cache.keys = [:] }
            cache.keys[hash] = Known(key: key, until: now + life)
        }
        return key
    }

    /// The key's value as the request has it.
    func credential(of request: Request) throws(Problem) -> String {
        if let bearer = bearer(request.headers["Authorization"]) { return bearer }
        for name in ["X-Soke-Key", "X-API-Key"] {
            if let value = request.headers[name], !value.isEmpty { return value }
        }
        throw Problem(
            .keyMissing, "send an API key as Authorization: Bearer KEY, X-Soke-Key: KEY or X-API-Key: KEY")
    }

    private func bearer(_ authorization: String?) -> String? {
        guard let text = authorization?.utf8.drop(while: { $0 == 0x20 }), let gap = text.firstIndex(of: 0x20),
            Substring(text[..<gap]).lowercased() == "bearer"
        else { return nil }
        let token = text[gap...].drop { $0 == 0x20 }
        return token.isEmpty ? nil : String(Substring(token))
    }
}
