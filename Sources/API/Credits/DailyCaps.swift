import Documents
import Persistence
import Synchronization
import ThumbwireKit

/// Counts the jobs of accounts whose face has a daily cap; a day is one of UTC.
///
/// What was made before this process started is counted in the store, once a day for each account and face.
final class DailyCaps: Sendable {
    struct Counter: Hashable {
        var account: AccountID
        var face: Face
    }

    /// One job's place in a day's cap.
    struct Place {
        fileprivate var counter: Counter
        fileprivate var day: Int64
    }

    private struct Day {
        var number: Int64
        var jobs: [Counter: Int] = [:]
    }

    private static let secondsOfDay: Int64 = 86_400

    private let today = Mutex(Day(number: 0))

    /// Takes a place for a job; throws `cap_reached` where there is none before the next day.
    func take(_ counter: Counter, cap: Int, now: Timestamp, store: any Store) async throws -> Place {
        let day = now.seconds / Self.secondsOfDay
        let isKnown = today.withLock { $0.number == day && $0.jobs[counter] != nil }
        let made = isKnown ? 0 : try await self.made(counter, since: Self.start(of: day), atMost: cap, store)
        let isFree = today.withLock { today in
            if today.number < day { today = Day(number: day) }
            // Who counted at the same time may have taken places already.
            let jobs = today.jobs[counter] ?? made
            today.jobs[counter] = jobs < cap ? jobs + 1 : jobs
            return jobs < cap
        }
        guard isFree else {
            let reset = Self.start(of: day + 1)
            throw Problem(
                .capReached,
                "this account's daily cap of jobs through this interface is reached, which is \(cap)",
                retryAfter: reset - now, figures: ["resetAt": .string(reset.description)])
        }
        return Place(counter: counter, day: day)
    }

    /// For a job that was not made.
    func giveBack(_ place: Place) {
        today.withLock { today in
            guard today.number == place.day else { return }
            today.jobs[place.counter, default: 1] -= 1
        }
    }

    private static func start(of day: Int64) -> Timestamp {
        Timestamp(microseconds: day * secondsOfDay * 1_000_000)
    }

    private func made(
        _ counter: Counter, since start: Timestamp, atMost cap: Int, _ store: any Store
    ) async throws(StoreError) -> Int {
        var query = JobQuery(account: counter.account, limit: 100)
        var count = 0
        while true {
            let page = try await store.jobs(query)
            let jobs = page.items.prefix { $0.createdAt >= start }
            count += jobs.count { $0.face == counter.face }
            guard jobs.count == page.items.count, count < cap, let next = page.next else { return count }
            query.cursor = next
        }
    }
}
