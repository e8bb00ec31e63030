package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    package func releaseExpiredLeases(now: Timestamp) async throws(StoreError) -> Int {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.releaseExpiredLeases(now: now)
        }
    }

    package func claimSuspect(
        isAlone: Bool, lease: Lease, now: Timestamp
    ) async throws(StoreError) -> SuspectClaim {
        let row = try await writer.perform { transaction throws(StoreError) in
            try transaction.claimSuspect(isAlone: isAlone, lease: lease, now: now)
        }
        switch row {
        case .none: return .none
        case .waiting: return .waiting
        case .claimed(let suspect):
            let claimed: ClaimedJob
            do throws(StoreError) {
                claimed = ClaimedJob(
                    job: try suspect.job.job(), isCancelRequested: suspect.isCancelRequested)
            } catch {
                let damaged = try await setAside(suspect.job, error, lease: lease, now: now)
                guard let damaged else { throw error }
                claimed = damaged
            }
            return .claimed(
                SuspectJob(claimed: claimed, losses: suspect.losses, isPoisoned: suspect.isPoisoned))
        }
    }

    package func endTrial(of job: JobID) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in try transaction.endTrial(of: job) }
    }
}
