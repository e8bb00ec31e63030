package import ThumbwireKit

/// How each face says where a job stands.
package struct StateRow: Hashable, Sendable {
    /// What Soke's `GET /thumbnail/{id}` says.
    package var soke: String
    /// What Soke's `GET /jobs/{id}` says, which tells waiting from working.
    package var sokeJob: String
    package var opus: OpusState
}

/// The words that Opus' clients wait for.
package enum OpusState: String, Hashable, Sendable, CaseIterable {
    case queued = "QUEUED"
    case processing = "PROCESSING"
    case concluded = "CONCLUDED"
    case failed = "FAILED"
    /// The provider's answer was lost: nobody knows whether there is a picture.
    case unknown = "UNKNOWN"
}

extension StateRow {
    private static let working = StateRow(soke: "processing", sokeJob: "processing", opus: .processing)

    /// The one table of states. A job on the OpenAI face is waited for and has no state there.
    package static let table: [JobState: StateRow] = [
        .queued: StateRow(soke: "processing", sokeJob: "queued", opus: .queued),
        .generating: working,
        .processing: working,
        .waiting: working,
        .completed: StateRow(soke: "completed", sokeJob: "completed", opus: .concluded),
        .failed: StateRow(soke: "failed", sokeJob: "failed", opus: .failed),
        .cancelled: StateRow(soke: "failed", sokeJob: "failed", opus: .failed),
    ]

    /// Where the job stands; only Opus has a word for an outcome that nobody knows.
    package init(of job: Job) {
        self = Self.table[job.state] ?? Self.working
        if job.state == .failed, job.failure.map(ErrorCode.init) == .providerOutcomeUnknown {
            opus = .unknown
        }
    }
}
