import Signing
import Synchronization
import Testing

@testable import Webhooks

struct SecretsCacheTests {
    private let sealer = Sealer(key: randomBytes(Sealer.keyLength))

    /// A cache, and how often each of the secrets was opened.
    private final class Counting: Sendable {
        let opened = Mutex<[Sealed: Int]>([:])

        func cache(limit: Int, sealer: Sealer) -> SecretsCache {
            SecretsCache(limit: limit) { [self] sealed in
                opened.withLock { $0[sealed, default: 0] += 1 }
                return try OpenedSecrets(unsealing: sealed, with: sealer)
            }
        }
    }

    private func sealedSecrets() -> Sealed { WebhookSecrets(.generate()).sealed(with: sealer) }

    @Test func `gives what was sealed and stays within its limit`() throws {
        let counting = Counting()
        let cache = counting.cache(limit: 4, sealer: sealer)
        let all = (0..<20).map { _ in WebhookSecrets(.generate()) }
        let sealed = all.map { $0.sealed(with: sealer) }

        for _ in 0..<3 {
            for (secrets, sealed) in zip(all, sealed) {
                #expect(try cache.open(sealed).secrets == secrets)
                #expect(try cache.open(sealed).secrets == secrets)
                #expect(cache.count <= 4)
            }
        }
        #expect(counting.opened.withLock { $0.values.allSatisfy { $0 == 3 } })
    }

    @Test func `keeps what is asked for again and again`() throws {
        let counting = Counting()
        let cache = counting.cache(limit: 8, sealer: sealer)
        let used = sealedSecrets()
        for _ in 0..<100 {
            _ = try cache.open(used)
            _ = try cache.open(sealedSecrets())
        }

        #expect(counting.opened.withLock { $0[used] } == 1)
        #expect(cache.count <= 8)
    }

    @Test func `refuses what another key sealed, again and again`() throws {
        let cache = SecretsCache(sealer: sealer)
        let foreign = WebhookSecrets(.generate())
            .sealed(with: Sealer(key: randomBytes(Sealer.keyLength)))

        for _ in 0..<2 { #expect(throws: UnsealingError.self) { try cache.open(foreign) } }
        #expect(cache.count == 0)
    }
}
