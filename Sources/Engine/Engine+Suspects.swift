internal import Foundation
internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// Jobs that may have ended the process before are tried alone, so that no neighbour is taken for them.
extension Engine {
    /// Whether others are claimed now.
    enum Admission {
        /// Ask about jobs that were set aside again at that moment, if there is one.
        case others(askAgain: Timestamp?)
        /// Until that moment, or until a job lets go.
        case nobody(until: Timestamp?)
    }

    /// Goes on with what was set aside; poisoned jobs end without being run.
    func trySuspects(in group: inout DiscardingTaskGroup, now: Timestamp) async -> Admission {
        defer { if !quarantine.withLock({ $0.isTrying }) { tickets.goOn() } }
        do {
            try await endOverdueTrial(now: now)
            while true {
                let held = Set(running.all.keys)
                switch quarantine.withLock({ $0.turn(running: held, now: now) }) {
                case .others(let moment): return .others(askAgain: moment)
                case .nobody(let moment): return .nobody(until: moment)
                case .suspect(let isAlone):
                    // Questions about tickets could end the process as well; they end soon.
                    let isQuiet = isAlone && tickets.hold()
                    // An id of its own tells a trial that was lost from the ordinary leases of this process.
                    let lease = Lease(
                        id: "\(holder) alone \(UUID().uuidString)", until: now + configuration.leaseDuration)
                    let claim = try await services.store.claimSuspect(
                        isAlone: isQuiet, lease: lease, now: now)
                    quarantine.withLock { $0.note(claim, now: now) }
                    if case .waiting = claim, isAlone { return .nobody(until: nil) }
                    guard case .claimed(let suspect) = claim else { continue }
                    tell(suspect)
                    start(
                        suspect.claimed, lease: lease.id, stopped: suspect.isPoisoned ? .poisoned : nil,
                        in: &group)
                }
            }
        } catch {
            // One that cannot be read must not keep all others from running.
            services.log(.error, "claiming jobs that were set aside failed", ["error": .string("\(error)")])
            return .others(askAgain: now + Self.pauseAfterError)
        }
    }

    private func endOverdueTrial(now: Timestamp) async throws {
        let held = Set(running.all.keys)
        guard let overdue = quarantine.withLock({ $0.overdueTrial(running: held, now: now) }) else { return }
        try await services.store.endTrial(of: overdue)
        quarantine.withLock { $0.trialEnded(at: now) }
    }

    private func tell(_ suspect: SuspectJob) {
        services.log(
            .warning, suspect.isPoisoned ? "job set aside for good" : "job tried alone",
            [
                "job": .string(suspect.claimed.id.rawValue),
                "account": .string(suspect.claimed.job.account.rawValue),
                "lostLeases": .integer(Int64(suspect.losses)),
            ])
    }
}
