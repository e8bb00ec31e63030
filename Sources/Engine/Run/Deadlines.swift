internal import ThumbwireKit

/// The work did not end in time.
struct DeadlineExceeded: Error {}

/// Runs the work until that moment; then cancels it, waits for it to give up, and throws ``DeadlineExceeded``.
///
/// A result that comes although the work was cancelled counts: what was paid for is never thrown away for being late.
func withDeadline<Value: Sendable>(
    _ moment: Timestamp, clock: any WallClock, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try? await clock.sleep(until: moment)
            return nil
        }
        defer { group.cancelAll() }
        if let value = try await group.next() ?? nil { return value }
        group.cancelAll()
        do {
            if let late = try await group.next() ?? nil { return late }
        } catch is CancellationError where !Task.isCancelled {
            throw DeadlineExceeded()
        }
        throw DeadlineExceeded()
    }
}
