import Persistence
import ThumbwireKit

extension Call {
    /// The account's job as soon as it is terminal, or as it is when the wait is over; `nil` when there is none.
    func awaitEnd(of id: JobID, within wait: Duration) async throws -> Job? {
        guard wait > .zero else { return try await context.store.job(id, of: account) }
        // Before the first look: what is committed after it is then told.
        let changes = context.store.changes.subscribe(limit: 1) { $0 == .job(id) }
        guard let job = try await context.store.job(id, of: account) else { return nil }
        if job.state.isTerminal { return job }
        let end = context.clock.now() + wait
        let finished = try await withThrowingTaskGroup(of: Job?.self) { group in
            group.addTask { try await firstTerminal(of: id, at: changes) }
            group.addTask {
                // Cancelled when the client is gone or the service stops: then the wait is over, too.
                try? await context.clock.sleep(until: end)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        if let finished { return finished }
        return try await context.store.job(id, of: account)
    }

    private func firstTerminal(of id: JobID, at changes: AsyncStream<StoreChange>) async throws -> Job? {
        for await _ in changes {
            guard let job = try await context.store.job(id, of: account) else { return nil }
            if job.state.isTerminal { return job }
        }
        return nil
    }
}
