package import Persistence
package import ThumbwireKit

/// How a chain stands, for those who run the service.
package struct ChainStatus: Sendable {
    package var name: String
    /// The candidates that jobs pin, in their order; empty for a chain that is not in the file any more.
    package var providers: [String]
    /// Set while its jobs wait.
    package var pause: ChainPause?

    package init(name: String, providers: [String], pause: ChainPause? = nil) {
        self.name = name
        self.providers = providers
        self.pause = pause
    }
}

extension Engine {
    package func chains() -> [ChainStatus] {
        let now = services.clock.now()
        let pauses = services.chains.all.filter { $0.isInForce(at: now) }
        let listed = services.registry.chains.map { chain in
            ChainStatus(
                name: chain.name, providers: chain.providers.map(\.id),
                pause: pauses.first { $0.chain == chain.name })
        }
        // Jobs of a chain that has left the file go on waiting until somebody resumes it.
        let gone = pauses.filter { pause in !listed.contains { $0.name == pause.chain } }
        return listed + gone.map { ChainStatus(name: $0.chain, providers: [], pause: $0) }
    }

    package func pause(chain: String, until: Timestamp?, reason: String) async throws -> Bool {
        guard chains().contains(where: { $0.name == chain }) else { return false }
        try await ChainKeeper(services: services).pause(chain, until: until, reason: reason)
        return true
    }

    package func resume(chain: String) async throws -> Bool {
        guard chains().contains(where: { $0.name == chain }) else { return false }
        try await ChainKeeper(services: services).resume(chain)
        return true
    }
}
