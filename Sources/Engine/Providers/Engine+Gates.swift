internal import Documents
internal import Persistence
internal import ThumbwireKit

/// The gates' memory and voice: pauses come from the store and end in it, and administrators hear of changes.
extension Engine {
    private static let pauseAfterError = Duration.seconds(5)

    /// Before the first claim: a provider that was paused stays so through a restart.
    func loadPauses() async {
        while !Task.isCancelled {
            do {
                for pause in try await services.store.pauses() {
                    services.gates.load(pause)
                }
                return
            } catch {
                services.log(.error, "reading pauses failed", ["error": .string("\(error)")])
                try? await services.clock.sleep(until: services.clock.now() + Self.pauseAfterError)
            }
        }
    }

    /// Ends pauses when they are over and tells what changed, until the task is cancelled.
    func keepGates() async {
        while !Task.isCancelled {
            var next = services.gates.nextPauseEnd
            do {
                try await endPauses()
                try await tellChanges()
                next = services.gates.nextPauseEnd
            } catch {
                guard !Task.isCancelled else { return }
                services.log(.error, "telling of providers failed", ["error": .string("\(error)")])
                next = services.clock.now() + Self.pauseAfterError
            }
            await services.gates.news.wait { [clock = services.clock, next] in
                try? await clock.sleep(until: next ?? .distantFuture)
            }
        }
    }

    private func endPauses() async throws {
        let now = services.clock.now()
        for provider in services.gates.expiredPauses(at: now) {
            _ = try await services.store.resume(provider: provider)
            services.gates.resume(provider, now: now)
        }
    }

    private func tellChanges() async throws {
        let changes = services.gates.untold
        guard !changes.isEmpty else { return }
        let accounts = try await services.store.administrators(now: services.clock.now())
        let events = changes.flatMap { change in
            accounts.map { services.encoder.event(of: change, for: $0) }
        }
        if !events.isEmpty { try await services.store.emit(events) }
        services.gates.told(changes.count)
        for change in changes { log(change) }
    }

    private func log(_ change: ProviderChange) {
        switch change.kind {
        case .degraded(let failure, let until):
            services.log(
                .warning, "provider degraded",
                [
                    "provider": .string(change.provider), "code": .string(failure.code),
                    "message": .string(failure.message), "until": (until?.description).json,
                ])
        case .recovered(let since):
            services.log(
                .info, "provider recovered",
                ["provider": .string(change.provider), "degradedAt": .string(since.description)])
        }
    }
}

extension EventEncoder {
    fileprivate func event(of change: ProviderChange, for account: AccountID) -> Event {
        switch change.kind {
        case .degraded(let failure, let until):
            degraded(
                provider: change.provider, reason: failure, until: until, for: account, at: change.at)
        case .recovered(let since):
            recovered(provider: change.provider, degradedAt: since, for: account, at: change.at)
        }
    }
}
