package import Persistence
package import Signing
package import ThumbwireKit

/// What a face hands over once a request is understood.
package struct Submission: Sendable {
    /// A callback with what documents may show of it.
    package struct Callback: Sendable {
        package var sealed: Sealed
        package var summary: Job.CallbackSummary

        package init(sealed: Sealed, summary: Job.CallbackSummary) {
            self.sealed = sealed
            self.summary = summary
        }
    }

    package var account: AccountID
    package var face: Face
    package var request: ThumbnailRequest
    /// `nil` starts a session of its own.
    package var session: String?
    /// The chain by name; `nil` leaves it to the face.
    package var chain: String?
    package var metadata: JSONObject = [:]
    package var callback: Callback?
    package var priority = 0
    /// From acceptance to the last moment for a result; `nil` is the service's default.
    package var deadline: Duration?
    /// The job that this one repeats or edits.
    package var parent: JobID?
    /// The key that asked.
    package var key: KeyID?
    /// The HTTP request that asked, for the log.
    package var requestID: String?
    /// What it costs the account when it completes.
    package var credits = 0
    /// Set where a client's own repetition must not make a second job.
    package var repetition: Repetition?

    package init(account: AccountID, face: Face, request: ThumbnailRequest) {
        self.account = account
        self.face = face
        self.request = request
    }
}

/// The job that a submission came to.
package struct Submitted: Sendable {
    package var job: Job
    /// True where an earlier, equal request made the job.
    package var isRepetition: Bool

    package init(job: Job, isRepetition: Bool) {
        self.job = job
        self.isRepetition = isRepetition
    }
}

/// How a job is tried once more.
package struct RetryWish: Sendable {
    /// A step's id: what lies before it is taken over from the job; `nil` begins where the job failed.
    package var fromStep: String?
    /// Needed where the job ended with an unknown outcome: says whether to order again.
    package var onUnknown: PinnedChain.ProviderPolicy.OnUnknown?

    /// The HTTP request that asked, for the log.
    package var requestID: String?

    package init(fromStep: String? = nil, onUnknown: PinnedChain.ProviderPolicy.OnUnknown? = nil) {
        self.fromStep = fromStep
        self.onUnknown = onUnknown
    }
}

/// The engine as the faces see it.
package protocol JobService: Sendable {
    /// Accepts a job durably. Throws ``StoreError/repeated(_:)`` where the submission's key made one before, ``Failure``
    /// with `chain_unknown`, `draining`, `credits_insufficient`, `storage_full`, `upload_not_found`, `source_unsupported`
    /// or `provider_unsuitable`, or the store's error.
    func submit(_ submission: Submission) async throws -> Submitted
    /// A new job that goes on where that one, which has failed or was cancelled, stopped: pictures that were paid for
    /// are used and tickets are polled on. Throws ``Failure`` with `job_not_retryable` or `retry_needs_decision`, and
    /// ``StoreError/repeated(_:)`` where the key made a job before.
    func retry(
        _ id: JobID, of account: AccountID, _ wish: RetryWish, once key: IdempotencyKey?
    ) async throws -> Job?
    /// How the file's providers stand.
    func providers() async throws -> [ProviderStatus]
    /// Puts a provider out of use; false when there is none of that name.
    func pause(provider: String, until: Timestamp?, reason: String) async throws -> Bool
    /// Puts it back into use; false when there is none of that name.
    func resume(provider: String) async throws -> Bool
    /// How the file's chains stand, in its order, and those that left it while they were paused.
    func chains() -> [ChainStatus]
    /// Has the chain's jobs wait, but for those that have bought something; false when there is none of that name.
    func pause(chain: String, until: Timestamp?, reason: String) async throws -> Bool
    /// Lets them go on; false when there is none of that name.
    func resume(chain: String) async throws -> Bool
    /// Pictures and progress of a job that runs in this process.
    func watch(_ job: JobID) -> AsyncStream<JobSight>
    func cancel(_ id: JobID, of account: AccountID) async throws -> CancelOutcome
    /// Erases a job that has ended, with its files. With `dropsDeliveries` also what still waits to be delivered.
    func delete(_ id: JobID, of account: AccountID, dropsDeliveries: Bool) async throws -> JobErasure
    /// The manifests of all installed plugins, in the order they are listed.
    func plugins() -> [PluginManifest]
    /// What the file settles for that face; the caller keeps to it.
    func settings(of face: Face) -> FaceSettings
    /// Says whether there is room for anything new; ``submit(_:)`` and ``retry(_:of:_:)`` ask it themselves.
    var storage: StorageGuard { get }
    /// False while draining.
    var isAccepting: Bool { get }
}

extension JobService {
    /// Tries a job once more for a request without key.
    package func retry(_ id: JobID, of account: AccountID, _ wish: RetryWish) async throws -> Job? {
        try await retry(id, of: account, wish, once: nil)
    }
}
