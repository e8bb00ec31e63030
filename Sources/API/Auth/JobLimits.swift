import Documents
import Persistence
import Synchronization
import ThumbwireKit

/// Keeps accounts to the jobs that they may ask for in a minute, over all their keys and all faces.
///
/// An account's limit is believed for a moment without asking the store; whoever changes one says so here.
final class JobLimits: Sendable {
    /// One job's place in its account's minute.
    struct Place {
        fileprivate var account: AccountID
        fileprivate var windowEnd: Timestamp
    }

    private struct Known {
        var limit: Int?
        var until: Timestamp
    }

    private static let maximumAccounts = 10_000

    private let windows = MinuteWindows<AccountID>(maximum: maximumAccounts)
    private struct Limits {
        var known: [AccountID: Known] = [:]
        /// Grows with each change that was told of: what was read before one is not kept.
        var generation = 0
    }

    private let limits = Mutex(Limits())

    /// Takes a place for a job; `nil` where the account has no limit. Throws `rate_limited` where there is none before
    /// the next minute.
    func take(
        _ account: AccountID, now: Timestamp, life: Duration, store: any Store
    ) async throws -> Place? {
        guard let limit = try await limit(of: account, now: now, life: life, store) else { return nil }
        let (standing, isAdmitted) = windows.take(account, limit: limit, now: now)
        guard isAdmitted else {
            let wait = standing.resetAt - now
            throw Problem(
                .rateLimited,
                "this account may ask for \(limit) jobs a minute; the next in \(wait.fullSeconds) s",
                retryAfter: wait)
        }
        return Place(account: account, windowEnd: standing.resetAt)
    }

    /// For a job that was not made.
    func giveBack(_ place: Place) {
        windows.giveBack(place.account, ofWindowEnding: place.windowEnd)
    }

    /// Asks the store again for that account.
    func forget(_ account: AccountID) {
        limits.withLock { limits in
            limits.generation += 1
            limits.known[account] = nil
        }
    }

    private func limit(
        of account: AccountID, now: Timestamp, life: Duration, _ store: any Store
    ) async throws(StoreError) -> Int? {
        let (known, generation) = limits.withLock { ($0.known[account], $0.generation) }
        if let known, now < known.until { return known.limit }
        let limit = try await store.account(account)?.jobsPerMinute
        limits.withLock { limits in
            guard limits.generation == generation else { return }
            if limits.known.count >= Self.maximumAccounts { limits.known = [:] }
            limits.known[account] = Known(limit: limit, until: now + life)
        }
        return limit
    }
}
