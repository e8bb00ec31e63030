internal import Persistence
internal import ThumbwireKit

/// The statements on fingerprints.
enum FingerprintSQL {
    static let insert: StaticString = """
        INSERT INTO fingerprints (job, account, hash, created_at) VALUES (?1, ?2, ?3, ?4)
        """

    /// Jobs of that account and hash since ?3, newest first.
    static let candidates: StaticString = """
        SELECT j.id, f.answered_at IS NOT NULL, coalesce(l.state, j.final_state),
            CASE WHEN j.final_state = 'failed' THEN j.progress ->> '$.failure.class' END
        FROM fingerprints f CROSS JOIN jobs j ON j.number = f.job LEFT JOIN live_jobs l ON l.job = j.number
        WHERE f.account = ?1 AND f.hash = ?2 AND f.created_at >= ?3
        ORDER BY f.created_at DESC LIMIT ?4
        """

    static let answer: StaticString = """
        UPDATE fingerprints SET answered_at = ?2
        WHERE job = (SELECT number FROM jobs WHERE id = ?1) AND answered_at IS NULL
        """

    static let prune: StaticString = """
        DELETE FROM fingerprints WHERE job IN (
            SELECT job FROM fingerprints WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)
        """
}

extension Transaction {
    /// How long a request can be repeated at most, whatever ``Fingerprint/since`` says.
    private static let fingerprintLife = Duration.seconds(24 * 60 * 60)
    /// More than one, so that what is past shrinks with each request that comes.
    private static let prunedAtOnce = 16
    /// Equal requests of one window that are looked at; a client repeats the newest ones.
    private static let maximumCandidates = 32

    private struct Candidate {
        var job: JobID
        var isAnswered: Bool
        var state: JobState
        var failureClass: FailureClass?

        /// Whether a request that says that it repeats itself may get this job although its first was answered. What
        /// failed or was cancelled is tried anew; only a purchase whose outcome is unknown is not made again by a
        /// client's automatic repetition.
        var isJoinedOnceAnswered: Bool {
            switch state {
            case .queued, .generating, .processing, .waiting, .completed: true
            case .failed: failureClass == .outcomeUnknown
            case .cancelled: false
            }
        }
    }

    /// The job that the request repeats, those first whose answer is still owed.
    func repeatedJob(_ fingerprint: Fingerprint, of account: AccountID) throws(StoreError) -> JobID? {
        let candidates = try connection.all(
            FingerprintSQL.candidates, account, fingerprint.hash, fingerprint.since, Self.maximumCandidates
        ) { row throws(StoreError) in
            Candidate(
                job: row.identifier(0), isAnswered: row.bool(1), state: try row.word(2),
                failureClass: row.optionalText(3).flatMap { FailureClass(rawValue: $0) })
        }
        let owed = candidates.filter { !$0.isAnswered }
        guard fingerprint.isRepetition else {
            return owed.first { !fingerprint.waiting.contains($0.job) }?.job
        }
        return owed.first?.job ?? candidates.first { $0.isJoinedOnceAnswered }?.job
    }

    func note(_ fingerprint: Fingerprint, of job: Job, number: Int64) throws(StoreError) {
        try connection.run(
            FingerprintSQL.insert, number, job.account, fingerprint.hash, job.createdAt)
        try connection.run(FingerprintSQL.prune, clock.now() - Self.fingerprintLife, Self.prunedAtOnce)
    }
}
