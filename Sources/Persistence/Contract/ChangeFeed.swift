internal import Synchronization
package import ThumbwireKit

/// What a commit did, said after it is durable.
package enum StoreChange: Hashable, Sendable {
    /// A job may be claimed, now or at its due time.
    case jobClaimable
    /// A job was written, or an event of it.
    case job(JobID)
    /// A job became terminal.
    case jobEnded(JobID)
    /// A worker should stop this job.
    case cancelRequested(JobID)
    /// A delivery may be attempted, now or at its due time.
    case deliveryDue
    /// A client changed that endpoint or its secrets, or it is gone.
    case endpointChanged(EndpointID)
    /// An event of that account was committed.
    case event(AccountID)
}

/// Tells those who wait what was committed: a few who follow kinds of changes, and any number who wait for one change
/// each. A commit costs what it concerns, however many wait for something else.
package final class ChangeFeed: Sendable {
    private struct Subscriber {
        var isInterested: @Sendable (StoreChange) -> Bool
        var continuation: AsyncStream<StoreChange>.Continuation
    }

    private struct State {
        var nextID = 0
        var subscribers: [Int: Subscriber] = [:]
        var watches: [StoreChange: [Int: @Sendable () -> Void]] = [:]
        var isFinished = false
    }

    private let state = Mutex(State())

    package init() {}

    /// How many watches there are.
    package var watchCount: Int {
        state.withLock { $0.watches.values.reduce(0) { $0 + $1.count } }
    }

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

    /// Has `body` called for each commit with that change, and when the feed ends, until the watch is ended. It runs
    /// before those who made the change go on and must not block.
    package func watch(_ change: StoreChange, _ body: @escaping @Sendable () -> Void) -> Watch {
        let id = state.withLock { state -> Int? in
            guard !state.isFinished else { return nil }
            state.nextID += 1
            state.watches[change, default: [:]][state.nextID] = body
            return state.nextID
        }
        if id == nil { body() }
        return Watch(feed: self, change: change, id: id)
    }

    fileprivate func end(_ id: Int, of change: StoreChange) {
        state.withLock { state in
            state.watches[change]?[id] = nil
            if state.watches[change]?.isEmpty == true { state.watches[change] = nil }
        }
    }

    /// Called by the store after a commit.
    package func publish(_ changes: [StoreChange]) {
        let (subscribers, concerned) = state.withLock { state in
            (
                Array(state.subscribers.values),
                state.watches.isEmpty
                    ? [] : Set(changes).flatMap { state.watches[$0]?.values.map { $0 } ?? [] }
            )
        }
        for subscriber in subscribers {
            for change in changes where subscriber.isInterested(change) {
                subscriber.continuation.yield(change)
            }
        }
        for wake in concerned { wake() }
    }

    /// Ends every subscription; called when the store closes.
    package func finish() {
        let (subscribers, watches) = state.withLock { state in
            state.isFinished = true
            defer { (state.subscribers, state.watches) = ([:], [:]) }
            return (Array(state.subscribers.values), state.watches.values.flatMap(\.values))
        }
        for subscriber in subscribers {
            subscriber.continuation.finish()
        }
        for wake in watches { wake() }
    }
}

/// One who waits for a change; ends by itself when nobody holds it.
package final class Watch: Sendable {
    private let feed: ChangeFeed
    private let change: StoreChange
    private let id: Int?

    fileprivate init(feed: ChangeFeed, change: StoreChange, id: Int?) {
        (self.feed, self.change, self.id) = (feed, change, id)
    }

    deinit { end() }

    package func end() {
        if let id { feed.end(id, of: change) }
    }
}
