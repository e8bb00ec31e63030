/// Leases that ended without a word of their worker: by the end of the process, or because the worker could not write.
///
/// A job that loses one lease after the other may be what ends the process. As its neighbours lose theirs with it, the
/// count alone condemns nobody: from ``limit`` on a job is set aside and tried alone, and only a lease that it loses
/// during its trial makes it poisoned.
package enum LostLeases {
    /// A job that lost so many is set aside.
    package static let limit = 5
    private static let firstTrial = Duration.seconds(10)
    private static let doublings = 5

    /// How long a job with so many losses is alone before others run beside it: twice as long each time that it was
    /// lost among others again, up to the 320 s that the slowest providers take.
    package static func trial(after losses: Int) -> Duration {
        firstTrial * (1 << min(max(0, losses - limit), doublings))
    }
}

/// A job that was set aside, leased.
package struct SuspectJob: Sendable {
    package var claimed: ClaimedJob
    /// Leases that it lost so far.
    package var losses: Int
    /// It lost the last one during its trial and is not to be run any more.
    package var isPoisoned: Bool

    package init(claimed: ClaimedJob, losses: Int, isPoisoned: Bool) {
        self.claimed = claimed
        self.losses = losses
        self.isPoisoned = isPoisoned
    }
}

/// What asking for a job that was set aside came to.
package enum SuspectClaim: Sendable {
    case claimed(SuspectJob)
    /// There are some, which have to be tried alone.
    case waiting
    case none
}
