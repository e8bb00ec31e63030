package import ThumbwireKit

/// A line of an account's ledger; lines are only ever added, and their sum is the balance.
package struct LedgerEntry: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// An administrator's, up or down.
        case grant
        /// Taken when a job is accepted; negative.
        case hold
        /// 0: the hold of a completed job stays.
        case capture
        /// The hold of a job that failed or was cancelled, given back.
        case release
    }

    package var kind: Kind
    package var amount: Int
    package var job: JobID?
    /// An administrator's reason.
    package var note: String?
    package var at: Timestamp

    package init(kind: Kind, amount: Int, job: JobID? = nil, note: String? = nil, at: Timestamp) {
        self.kind = kind
        self.amount = amount
        self.job = job
        self.note = note
        self.at = at
    }
}

/// Which earlier request a request may be a repetition of, for a day at most.
///
/// A request that does not say that it repeats itself joins only a job whose request was never answered, whatever
/// became of the job. One that does joins such a job first, else the newest one that is live or completed, or whose
/// purchase has an unknown outcome: what failed otherwise or was cancelled is tried anew once its failure was told.
package struct Fingerprint: Hashable, Sendable {
    /// SHA-256 of what makes two requests equal: face, path and body.
    package var hash: [UInt8]
    /// Jobs accepted before that moment do not count.
    package var since: Timestamp
    /// True where the client says that it repeats itself: then also a job whose first request still waits is joined,
    /// and one that was answered.
    package var isRepetition: Bool
    /// Jobs whose first request still waits for its answer here: an equal request that does not say that it repeats
    /// itself is a second wish beside them.
    package var waiting: Set<JobID>

    package init(hash: [UInt8], since: Timestamp, isRepetition: Bool, waiting: Set<JobID> = []) {
        self.hash = hash
        self.since = since
        self.isRepetition = isRepetition
        self.waiting = waiting
    }
}

/// What accepting came to.
package enum Acceptance: Sendable {
    case accepted
    /// The request repeats the one that made this job; nothing was written.
    case repeats(JobID)
    /// The balance, or what the key may still spend, is below the job's credits; nothing was written.
    case insufficientCredits(available: Int)
    /// A file that the job needs is not there any more; nothing was written.
    case missingArtifact(ArtifactID)
}

/// A provider that an administrator or the provider itself put out of use for a while.
package struct ProviderPause: Hashable, Sendable {
    /// The provider's name in the file.
    package var provider: String
    /// `nil` is until somebody resumes it.
    package var until: Timestamp?
    package var reason: String
    package var at: Timestamp

    package init(provider: String, until: Timestamp?, reason: String, at: Timestamp) {
        self.provider = provider
        self.until = until
        self.reason = reason
        self.at = at
    }
}

/// Work that goes on at a provider although its job has ended: it is asked about until it ends, so that its cost is
/// known and what was paid for is kept.
package struct OpenTicket: Hashable, Sendable {
    package var job: JobID
    package var account: AccountID
    /// The provider's step as it stands, with the ticket.
    package var step: Step
    package var use: PinnedChain.Use
    package var nextPollAt: Timestamp
    /// When nobody asks any more.
    package var until: Timestamp

    package init(
        job: JobID, account: AccountID, step: Step, use: PinnedChain.Use, nextPollAt: Timestamp,
        until: Timestamp
    ) {
        self.job = job
        self.account = account
        self.step = step
        self.use = use
        self.nextPollAt = nextPollAt
        self.until = until
    }
}
