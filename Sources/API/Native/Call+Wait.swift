import Persistence
import ThumbwireKit

extension Call {
    /// The account's job as soon as it is terminal, or as it is when the wait is over; `nil` when there is none.
    func awaitEnd(of id: JobID, within wait: Duration) async throws -> Job? {
        guard wait > .zero else { return try await context.store.job(id, of: account) }
        let wakeup = Wakeup()
        // Before the first look: what is committed after it is then told.
        let watch = context.store.changes.watch(.jobEnded(id)) { wakeup.wake() }
        defer { watch.end() }
        guard let job = try await context.store.job(id, of: account) else { return nil }
        if job.state.isTerminal { return job }
        let alarm = context.alarms.set(at: context.clock.now() + wait) { wakeup.wake() }
        defer { alarm.end() }
        // Also when the client is gone or the service stops.
        await wakeup.wait()
        return try await context.store.job(id, of: account)
    }
}
