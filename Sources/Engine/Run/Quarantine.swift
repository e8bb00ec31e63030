internal import Persistence
internal import ThumbwireKit

/// Decides when a job that was set aside is tried, which is only while nothing else runs: see ``LostLeases``.
struct Quarantine {
    /// What the claim loop does next.
    enum Turn: Hashable {
        /// Claim as ever, and ask again at that moment, if there is one.
        case others(askAgain: Timestamp?)
        /// Claim nothing until that moment, or until a job lets go.
        case nobody(until: Timestamp?)
        /// Ask the store for a job that was set aside.
        case suspect(isAlone: Bool)
    }

    /// After a trial that took all its time others have the service for themselves this long: their jobs must not wait
    /// for a whole row of trials.
    static let patience = Duration.seconds(60)

    /// The store may have jobs that were set aside.
    private var mayWait = true
    private var trial: (job: JobID, until: Timestamp)?
    private var nextTrial = Timestamp(microseconds: 0)
    /// The store has some, and wants nothing else to run.
    private var wantsQuiet = false

    /// The trial whose time is over although its job still runs; told until ``trialEnded(at:)``.
    func overdueTrial(running: Set<JobID>, now: Timestamp) -> JobID? {
        guard let trial, running.contains(trial.job), now >= trial.until else { return nil }
        return trial.job
    }

    /// True while a job is tried alone.
    var isTrying: Bool { trial != nil }

    /// True where a job may be tried, or the next one, once those that run are gone.
    var waitsForEnds: Bool { trial != nil || mayWait }

    /// A lease was lost: there may be new ones.
    mutating func leaseLost() { mayWait = true }

    mutating func turn(running: Set<JobID>, now: Timestamp) -> Turn {
        if let trial {
            if running.contains(trial.job) { return .nobody(until: trial.until) }
            self.trial = nil
        }
        guard mayWait else { return .others(askAgain: nil) }
        guard wantsQuiet, !running.isEmpty else { return .suspect(isAlone: running.isEmpty) }
        return now < nextTrial ? .others(askAgain: nextTrial) : .nobody(until: nil)
    }

    /// Takes over what the store answered.
    mutating func note(_ claim: SuspectClaim, now: Timestamp) {
        switch claim {
        case .none: (mayWait, wantsQuiet) = (false, false)
        case .waiting: wantsQuiet = true
        case .claimed(let suspect) where suspect.isPoisoned: break
        case .claimed(let suspect):
            trial = (suspect.claimed.id, now + LostLeases.trial(after: suspect.losses))
        }
    }

    /// The time of the trial is over and its job goes on beside others.
    mutating func trialEnded(at now: Timestamp) {
        trial = nil
        nextTrial = now + Self.patience
    }
}
