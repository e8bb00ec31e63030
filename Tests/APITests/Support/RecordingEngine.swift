import Documents
import Engine
import Persistence
import Synchronization
import TestSupport
import ThumbwireKit

extension Submission {
    var fingerprint: Fingerprint? {
        guard case .equal(let fingerprint) = repetition else { return nil }
        return fingerprint
    }
}

/// Accepts jobs as the engine does and runs none: the test decides what becomes of them.
final class RecordingEngine: JobService {
    private let store: any Store
    private let encoder: EventEncoder
    private let clock: ManualClock
    private let previews = Previews()
    private let taken = Mutex<[Submission]>([])
    private let made = Mutex<[JobID]>([])
    private let accepting = Mutex(true)
    private let statuses = Mutex<[ProviderStatus]>([])
    private let chainPauses = Mutex<[String: ChainPause]>([:])
    private let settled = Mutex<[Face: FaceSettings]>([:])
    /// The disk that the service stands on; a tenth of it is to stay free.
    let disk: Disk
    let storage: StorageGuard

    final class Disk: Sendable {
        let freeBytes = Mutex<Int64>(1_000)
    }

    init(store: any Store, encoder: EventEncoder, clock: ManualClock) {
        self.store = store
        self.encoder = encoder
        self.clock = clock
        let disk = Disk()
        self.disk = disk
        storage = StorageGuard(floor: StorageGuard.Floor(percent: 10)) {
            DiskSpace(freeBytes: disk.freeBytes.withLock { $0 }, totalBytes: 1_000)
        }
    }

    var submissions: [Submission] { taken.withLock { $0 } }

    /// The jobs that submissions made, oldest first.
    var jobs: [JobID] { made.withLock { $0 } }

    var isAccepting: Bool { accepting.withLock { $0 } }

    func settings(of face: Face) -> FaceSettings { settled.withLock { $0[face] ?? FaceSettings() } }

    /// What the operator's file says of that face from now on.
    func settle(_ face: Face, _ settings: FaceSettings) { settled.withLock { $0[face] = settings } }

    func stopAccepting() { accepting.withLock { $0 = false } }

    func delete(_ id: JobID, of account: AccountID, dropsDeliveries: Bool) async throws -> JobErasure {
        try await store.eraseJob(id, of: account, dropsDeliveries: dropsDeliveries)
    }

    func submit(_ submission: Submission) async throws -> Submitted {
        try storage.requireRoom()
        if let chain = submission.chain, !chainNames().contains(chain) {
            throw Failure(.invalidInput, code: "chain_unknown", message: "no chain \"\(chain)\"")
        }
        taken.withLock { $0.append(submission) }
        let now = clock.now()
        var job = Job(
            id: submission.face.jobID(at: now), account: submission.account,
            face: submission.face, request: submission.request, pin: .make(),
            session: submission.session ?? "session_1", createdAt: now, deadline: now + .seconds(600))
        job.metadata = submission.metadata
        job.parent = submission.parent
        job.callback = submission.callback?.summary
        job.key = submission.key
        job.credits = submission.credits
        let (accepted, event) = encoder.event(.queued, of: job, at: now)
        let acceptance = try await store.accept(
            accepted, callback: submission.callback?.sealed, event: event,
            repetition: submission.repetition)
        switch acceptance {
        case .accepted:
            made.withLock { $0.append(accepted.id) }
            return Submitted(job: accepted, isRepetition: false)
        case .repeats(let id):
            guard let earlier = try await store.job(id, of: submission.account) else {
                throw StoreError.missing("job \(id)")
            }
            return Submitted(job: earlier, isRepetition: true)
        case .insufficientCredits(let available):
            throw Failure(
                .outOfFunds, code: "credits_insufficient", message: "\(available) credits are left")
        case .missingArtifact(let id):
            throw Failure(.invalidInput, code: "upload_not_found", message: "no file \(id)")
        }
    }

    func retry(
        _ id: JobID, of account: AccountID, _ wish: RetryWish, once key: IdempotencyKey?
    ) async throws -> Job? {
        guard let old = try await store.job(id, of: account) else { return nil }
        if wish.onUnknown == nil, old.failure?.failureClass == .outcomeUnknown {
            throw Failure(.outcomeUnknown, code: "retry_needs_decision", message: "pay twice?")
        }
        var submission = Submission(account: account, face: old.face, request: old.request)
        submission.parent = id
        submission.repetition = key.map(Repetition.key)
        return try await submit(submission).job
    }

    func script(_ providers: [ProviderStatus]) { statuses.withLock { $0 = providers } }

    func providers() async throws -> [ProviderStatus] { statuses.withLock { $0 } }

    func pause(provider: String, until: Timestamp?, reason: String) async throws -> Bool {
        change(provider) { [clock] status in
            status.pause = ProviderPause(provider: provider, until: until, reason: reason, at: clock.now())
        }
    }

    func resume(provider: String) async throws -> Bool { change(provider) { $0.pause = nil } }

    func chains() -> [ChainStatus] {
        let pauses = chainPauses.withLock { $0 }
        return chainNames().map { ChainStatus(name: $0, providers: ["studio"], pause: pauses[$0]) }
    }

    func pause(chain: String, until: Timestamp?, reason: String) async throws -> Bool {
        guard chainNames().contains(chain) else { return false }
        let pause = ChainPause(chain: chain, until: until, reason: reason, at: clock.now())
        chainPauses.withLock { $0[chain] = pause }
        return true
    }

    func resume(chain: String) async throws -> Bool {
        chainPauses.withLock { $0[chain] = nil }
        return chainNames().contains(chain)
    }

    private func change(_ provider: String, _ body: (inout ProviderStatus) -> Void) -> Bool {
        statuses.withLock { statuses in
            guard let index = statuses.firstIndex(where: { $0.name == provider }) else { return false }
            body(&statuses[index])
            return true
        }
    }

    func watch(_ job: JobID) -> AsyncStream<JobSight> { previews.watch(job) }

    /// Shows a picture to those who watch the job, as a provider does on the way.
    func show(_ picture: GenerationResult.Picture, of job: JobID) { previews.show(picture, of: job) }

    func cancel(_ id: JobID, of account: AccountID) async throws -> CancelOutcome {
        let (encoder, now) = (encoder, clock.now())
        return try await store.cancel(id, of: account) { job in
            let (ended, event) = encoder.event(.cancelled, of: job.becoming(.cancelled, at: now), at: now)
            return Ending(job: ended, event: event)
        }
    }

    /// Ends the one job that waits as a worker would.
    func finish(
        _ state: JobState, artifacts: [Artifact] = [], compositions: [Int: [UInt8]] = [:],
        change: (inout Job) -> Void = { _ in }
    ) async throws {
        let now = clock.now()
        let lease = Lease(id: "test", until: now + .seconds(60))
        for job in try await store.claim(limit: 1, lease: lease, now: now).map({ $0.job }) {
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
