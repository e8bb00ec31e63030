internal import Documents
internal import Persistence
internal import ThumbwireKit

/// The gates' memory and voice: pauses come from the store and end in it, and administrators hear of changes.
struct GateKeeper: Sendable {
    /// What it needs of the store.
    struct Records: Sendable {
        var pauses: @Sendable () async throws -> [ProviderPause]
        var pause: @Sendable (ProviderPause) async throws -> Void
        var resume: @Sendable (String) async throws -> Void
        var administrators: @Sendable (Timestamp) async throws -> [AccountID]
        var emit: @Sendable ([Event]) async throws -> Void
    }

    private static let pauseAfterError = Duration.seconds(5)

    var records: Records
    var gates: ProviderGates
    var encoder: EventEncoder
    var clock: any WallClock
    var log: Log

    /// Before the first claim: a provider that was paused stays so through a restart.
    func loadPauses() async {
        while !Task.isCancelled {
            do {
                for pause in try await records.pauses() { gates.load(pause) }
                return
            } catch {
                log(.error, "reading pauses failed", ["error": .string("\(error)")])
                try? await clock.sleep(until: clock.now() + Self.pauseAfterError)
            }
        }
    }

    /// Ends pauses when they are over and tells what changed, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            var next: Timestamp?
            do {
                try await endPauses()
                try await tellChanges()
                next = gates.nextPauseEnd
            } catch {
                guard !Task.isCancelled else { return }
                log(.error, "telling of providers failed", ["error": .string("\(error)")])
                next = clock.now() + Self.pauseAfterError
            }
            if let next {
                await gates.news.wait { [clock] in try? await clock.sleep(until: next) }
            } else {
                await gates.news.wait()
            }
        }
    }

    /// Puts a provider out of use for creates, through restarts too.
    func pause(_ provider: String, until: Timestamp?, reason: String) async throws {
        let now = clock.now()
        let pause = ProviderPause(provider: provider, until: until, reason: reason, at: now)
        try await records.pause(pause)
        gates.pause(pause, now: now)
    }

    /// Puts it back into use, and lets an open circuit find out at once.
    func resume(_ provider: String) async throws {
        try await records.resume(provider)
        gates.resume(provider, now: clock.now())
    }

    private func endPauses() async throws {
        for provider in gates.expiredPauses(at: clock.now()) { try await resume(provider) }
    }

    private func tellChanges() async throws {
        let changes = gates.untold
        guard !changes.isEmpty else { return }
        let accounts = try await records.administrators(clock.now())
        let events = changes.flatMap { change in accounts.map { event(of: change, for: $0) } }
        if !events.isEmpty { try await records.emit(events) }
        gates.told(changes.count)
        for change in changes { note(change) }
    }

    private func event(of change: ProviderChange, for account: AccountID) -> Event {
        switch change.kind {
        case .degraded(let failure, let until):
            encoder.degraded(
                provider: change.provider, reason: failure, until: until, for: account, at: change.at)
        case .recovered(let since):
            encoder.recovered(provider: change.provider, degradedAt: since, for: account, at: change.at)
        }
    }

    private func note(_ change: ProviderChange) {
        switch change.kind {
        case .degraded(let failure, let until):
            log(
                .warning, "provider degraded",
                [
                    "provider": .string(change.provider), "code": .string(failure.code),
                    "message": .string(failure.message), "until": (until?.description).json,
                ])
        case .recovered(let since):
            log(
                .info, "provider recovered",
                ["provider": .string(change.provider), "degradedAt": .string(since.description)])
        }
    }
}

extension Engine {
    var gateKeeper: GateKeeper {
        GateKeeper(
            records: GateKeeper.Records(store: services.store), gates: services.gates,
            encoder: services.encoder, clock: services.clock, log: services.log)
    }
}

extension GateKeeper.Records {
    fileprivate init(store: any Store) {
        self.init(
            pauses: { try await store.pauses() }, pause: { try await store.pause($0) },
            resume: { _ = try await store.resume(provider: $0) },
            administrators: { try await store.administrators(now: $0) },
            emit: { try await store.emit($0) })
    }
}
