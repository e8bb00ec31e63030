internal import Persistence
internal import ThumbwireKit

/// Keeps pauses of chains in the store and in the workers' sight, and lets waiting jobs go when one is over.
struct ChainKeeper: Sendable {
    /// Jobs that one transaction lets go: others are written between two of them.
    static let batch = 500

    private static let pauseAfterError = Duration.seconds(5)

    let services: EngineServices

    private var pauses: ChainPauses { services.chains }

    /// Before the first claim: a chain that was paused stays so through a restart.
    func load() async {
        while !Task.isCancelled {
            do {
                for pause in try await services.store.chainPauses() { pauses.set(pause) }
                return
            } catch {
                services.log(.error, "reading pauses failed", ["error": .string("\(error)")])
                try? await services.clock.sleep(until: services.clock.now() + Self.pauseAfterError)
            }
        }
    }

    func pause(_ chain: String, until: Timestamp?, reason: String) async throws {
        let pause = ChainPause(chain: chain, until: until, reason: reason, at: services.clock.now())
        try await services.store.pause(pause)
        pauses.set(pause)
        services.log(
            .warning, "chain paused",
            ["chain": .string(chain), "reason": .string(reason), "until": (until?.description).json])
    }

    /// Does nothing to a chain that is not paused.
    func resume(_ chain: String) async throws {
        guard try await services.store.endPause(ofChain: chain) else { return }
        pauses.end(chain)
        services.log(.info, "chain resumed", ["chain": .string(chain)])
    }

    /// Ends pauses when their time is over, and lets jobs go, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            var next: Timestamp?
            do {
                for chain in pauses.expired(at: services.clock.now()) { try await resume(chain) }
                for chain in pauses.over { try await letGo(chain) }
                next = pauses.nextEnd
            } catch {
                guard !Task.isCancelled else { return }
                services.log(.error, "resuming chains failed", ["error": .string("\(error)")])
                next = services.clock.now() + Self.pauseAfterError
            }
            if let next {
                await pauses.news.wait { [clock = services.clock] in try? await clock.sleep(until: next) }
            } else {
                await pauses.news.wait()
            }
        }
    }

    private func letGo(_ chain: String) async throws {
        while try await services.store.letGo(
            ofChain: chain, limit: Self.batch, now: services.clock.now())
        {
            try Task.checkCancellation()
        }
        pauses.forget(chain)
    }
}
