import Documents
import Engine
import Persistence
import Synchronization
import TestSupport
import ThumbwireKit

/// Accepts jobs as the engine does and runs none: the test decides what becomes of them.
final class RecordingEngine: JobService {
    private let store: any Store
    private let encoder: EventEncoder
    private let clock: ManualClock
    private let taken = Mutex<[Submission]>([])
    private let accepting = Mutex(true)

    init(store: any Store, encoder: EventEncoder, clock: ManualClock) {
        self.store = store
        self.encoder = encoder
        self.clock = clock
    }

    var submissions: [Submission] { taken.withLock { $0 } }

    var isAccepting: Bool { accepting.withLock { $0 } }

    func stopAccepting() { accepting.withLock { $0 = false } }

    func submit(_ submission: Submission) async throws -> Job {
        if let chain = submission.chain, !chainNames().contains(chain) {
            throw Failure(.invalidInput, code: "chain_unknown", message: "no chain \"\(chain)\"")
        }
        taken.withLock { $0.append(submission) }
        let now = clock.now()
        var job = Job(
            id: JobID(prefix: submission.face.jobIDPrefix, at: now), account: submission.account,
            face: submission.face, request: submission.request, pin: .make(),
            session: submission.session ?? "session_1", createdAt: now, deadline: now + .seconds(600))
        job.metadata = submission.metadata
        job.callback = submission.callback?.summary
        let (accepted, event) = encoder.event(.queued, of: job, at: now)
        try await store.accept(accepted, callback: submission.callback?.sealed, event: event)
        return accepted
    }

    func cancel(_ id: JobID, of account: AccountID) async throws -> CancelOutcome {
        let (encoder, now) = (encoder, clock.now())
        return try await store.cancel(id, of: account) { job in
            encoder.event(.cancelled, of: job.becoming(.cancelled, at: now), at: now)
        }
    }

    /// Ends the one job that waits as a worker would.
    func finish(
        _ state: JobState, artifacts: [Artifact] = [], compositions: [Int: [UInt8]] = [:],
        change: (inout Job) -> Void = { _ in }
    ) async throws {
        let now = clock.now()
        let lease = Lease(id: "test", until: now + .seconds(60))
        for job in try await store.claim(limit: 1, lease: lease, now: now) {
            var ended = job.becoming(state, at: now)
            change(&ended)
            let type: EventType = state == .completed ? .completed : .failed
            let (final, event) = encoder.event(type, of: ended, at: now)
            let change = JobChange(
                job: final, lease: lease.id, disposition: .finish, artifacts: artifacts,
                compositions: compositions, event: event)
            _ = try await store.apply(change)
        }
    }

    func plugins() -> [PluginManifest] {
        [
            PluginManifest(
                id: "studio", version: PluginVersion(1, 0, 0), kind: .provider, summary: "Draws backgrounds",
                configuration: [
                    ConfigurationField("apiKey", .string, "The key", default: "hush", isSecret: true)
                ])
        ]
    }

    func chainNames() -> [String] { ["default", "fast"] }
}
