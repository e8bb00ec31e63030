import Synchronization
import ThumbwireKit

/// Which equal requests wait for their answer here: one that comes beside them is a wish of its own, one that comes
/// after a connection closed unanswered joins that one's job.
final class EqualRequests: Sendable {
    /// A request's wait for its answer, for as long as somebody holds this.
    final class Wait: Sendable {
        private let requests: EqualRequests
        private let hash: [UInt8]
        private let job: JobID

        private let isOwed = Mutex(true)

        fileprivate init(_ requests: EqualRequests, _ hash: [UInt8], _ job: JobID) {
            (self.requests, self.hash, self.job) = (requests, hash, job)
        }

        /// The client has its answer; that it has is still to be written down.
        func noteAnswered() {
            let wasOwed = isOwed.withLock { isOwed in
                defer { isOwed = false }
                return isOwed
            }
            if wasOwed { requests.settle(hash) }
        }

        deinit {
            noteAnswered()
            requests.end(hash, job)
        }
    }

    private struct Group {
        /// How many wait for each job.
        var waits: [JobID: Int] = [:]
        /// How many of them have no answer yet.
        var owed = 0
    }

    /// How long the server takes to notice that a client has left, at most, and some more.
    static let noticeOfLeaving = Duration.milliseconds(400)

    private let turns = Turns()
    private let groups = Mutex<[[UInt8]: Group]>([:])

    /// True while an equal request waits for its answer.
    func isWaiting(_ hash: [UInt8]) -> Bool {
        groups.withLock { ($0[hash]?.owed ?? 0) > 0 }
    }

    /// Makes or finds the request's job, which is told what the equal ones wait for. Of equal requests one submits
    /// after the other, so that each is known to the next.
    func submit(
        _ hash: [UInt8], _ body: (_ waiting: Set<JobID>) async throws -> Job
    ) async throws -> (job: Job, wait: Wait) {
        try await turns.take(hash) {
            let waiting = groups.withLock { Set($0[hash]?.waits.keys.map { $0 } ?? []) }
            let job = try await body(waiting)
            groups.withLock { groups in
                groups[hash, default: Group()].waits[job.id, default: 0] += 1
                groups[hash]?.owed += 1
            }
            return (job, Wait(self, hash, job.id))
        }
    }

    private func settle(_ hash: [UInt8]) {
        groups.withLock { $0[hash]?.owed -= 1 }
    }

    private func end(_ hash: [UInt8], _ job: JobID) {
        groups.withLock { groups in
            guard let count = groups[hash]?.waits[job] else { return }
            groups[hash]?.waits[job] = count > 1 ? count - 1 : nil
            if groups[hash]?.waits.isEmpty == true { groups[hash] = nil }
        }
    }
}
