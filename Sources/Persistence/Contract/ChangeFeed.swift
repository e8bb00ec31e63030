internal import Synchronization
package import ThumbwireKit

/// What a commit did, said after it is durable.
package enum StoreChange: Hashable, Sendable {
    /// A job may be claimed, now or at its due time.
    case jobClaimable
    /// A job was written; it may be terminal.
    case job(JobID)
    /// A worker should stop this job.
    case cancelRequested(JobID)
    /// A delivery may be attempted, now or at its due time.
    case deliveryDue
    /// A client changed that endpoint or its secrets, or it is gone.
    case endpointChanged(EndpointID)
    /// An event of that account was committed.
    case event(AccountID)
}

/// Tells those who wait what was committed. Every subscriber gets every change of the kinds it asks for.
package final class ChangeFeed: Sendable {
    private struct Subscriber {
        var isInterested: @Sendable (StoreChange) -> Bool
        var continuation: AsyncStream<StoreChange>.Continuation
    }

    private struct State {
        var nextID = 0
        var subscribers: [Int: Subscriber] = [:]
        var isFinished = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Changes from now on; ends when the feed ends or the reader stops reading. A slow reader gets the newest
    /// `limit` changes: readers ask the store for the truth, the feed only says when to. `isInterested` is asked of every
    /// change before those who made it go on.
    package func subscribe(
        limit: Int = 64, where isInterested: @escaping @Sendable (StoreChange) -> Bool
    ) -> AsyncStream<StoreChange> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: StoreChange.self, bufferingPolicy: .bufferingNewest(limit))
        let id = state.withLock { state -> Int? in
            guard !state.isFinished else { return nil }
            state.nextID += 1
            state.subscribers[state.nextID] = Subscriber(
                isInterested: isInterested, continuation: continuation)
            return state.nextID
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.subscribers[id] = nil }
        }
        return stream
    }

    /// Called by the store after a commit.
    package func publish(_ changes: [StoreChange]) {
        let subscribers = state.withLock { Array($0.subscribers.values) }
        for subscriber in subscribers {
            for change in changes where subscriber.isInterested(change) {
                subscriber.continuation.yield(change)
            }
        }
    }

    /// Ends every subscription; called when the store closes.
    package func finish() {
        let subscribers = state.withLock { state in
            state.isFinished = true
            defer { state.subscribers = [:] }
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers {
            subscriber.continuation.finish()
        }
    }
}
