package import Persistence
package import ThumbwireKit

extension Engine {
    package func retry(
        _ id: JobID, of account: AccountID, _ wish: RetryWish, once key: IdempotencyKey?
    ) async throws -> Job? {
        try await retried(id, of: account, wish, once: key)
    }

    package func providers() async throws -> [ProviderStatus] {
        let now = services.clock.now()
        var list: [ProviderStatus] = []
        for declared in services.registry.providers {
            let use = declared.use
            var status = ProviderStatus(name: use.id, plugin: use.plugin, isEnabled: declared.isEnabled)
            status.disabledReason = declared.disabledReason
            let provider = declared.isEnabled ? try? services.registry.provider(for: use) : nil
            let account = provider.flatMap { services.registry.pacing(of: $0, for: use)?.key }
            services.gates.complete(&status, account: account, now: now)
            status.openTickets = try await services.store.openTicketCount(of: use.id)
            list.append(status)
        }
        return list
    }

    package func pause(provider: String, until: Timestamp?, reason: String) async throws -> Bool {
        guard isDeclared(provider) else { return false }
        try await gateKeeper.pause(provider, until: until, reason: reason)
        return true
    }

    package func resume(provider: String) async throws -> Bool {
        guard isDeclared(provider) else { return false }
        try await gateKeeper.resume(provider)
        return true
    }

    private func isDeclared(_ provider: String) -> Bool {
        services.registry.providers.contains { $0.use.id == provider }
    }
}
