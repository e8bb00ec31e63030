import Engine
import HTTP
import Persistence
import ThumbwireKit

/// Reads events for one client as server-sent events (HTML Living Standard §9.2), chunk by chunk as the client
/// takes them: a slow one costs no memory, and one that waits costs no task, no timer and no look into the store.
actor EventReader {
    private static let heartbeat = Array(": heartbeat\n\n".utf8)

    private let call: Call
    private let news: News
    /// Twice as often as a client must hear of us, so that no pause is longer than the limit.
    private let heartbeatPause: Duration
    private var query: EventQuery
    private var isGreeted = false
    private var isOver = false
    private var lastChunkAt: Timestamp

    /// Reads what the query means and goes on behind it. A query for one job ends with the job. `news` began before
    /// anything of what the query is made of was read.
    init(_ call: Call, query: EventQuery, news: News) {
        self.call = call
        self.query = query
        self.news = news
        heartbeatPause = call.context.limits.heartbeat / 2
        lastChunkAt = call.context.clock.now()
    }

    /// The next chunk; `nil` at the end of the stream.
    func next() async -> [UInt8]? {
        guard let chunk = await unrecordedNext() else {
            news.end()
            return nil
        }
        lastChunkAt = call.context.clock.now()
        return chunk
    }

    private func unrecordedNext() async -> [UInt8]? {
        do {
            guard isGreeted else {
                isGreeted = true
                return try await greeting()
            }
            while !isOver, !Task.isCancelled {
                if news.take() {
                    if let events = try await readEvents() { return events }
                    if try await hasJobEnded() { return nil }
                }
                guard await isWelcome() else { return nil }
                if call.context.clock.now() - lastChunkAt >= heartbeatPause { return Self.heartbeat }
                await news.wait(until: lastChunkAt + heartbeatPause, call.context.alarms)
            }
        } catch {
            call.context.log(
                .error, "event stream ended early",
                ["request": .string(call.request.id), "error": .string("\(error)")])
        }
        return nil
    }

    /// The first id names the place where the stream begins: a client that lost it before the first event goes on
    /// there. One that has seen more than there is, as before a restored backup, learns of it.
    private func greeting() async throws(StoreError) -> [UInt8] {
        query.after = min(query.after, try await call.context.store.lastEventPosition())
        return Array(": connected\nretry: 3000\nid: \(query.after)\n\n".utf8)
    }

    private func readEvents() async throws(StoreError) -> [UInt8]? {
        let events = try await call.context.store.events(query)
        guard let last = events.last else { return nil }
        if events.count == query.limit { news.repeatOnce() }
        query.after = last.position
        if query.job != nil, EventType.terminal.contains(last.event.type) { isOver = true }
        return events.flatMap(Self.encoded)
    }

    /// True when the query's job is over and all is read of it.
    private func hasJobEnded() async throws -> Bool {
        guard let id = query.job else { return false }
        guard let job = try await call.context.store.job(id, of: call.account) else { return true }
        guard job.state.isTerminal else { return false }
        // The job may have ended after the events were read: its last ones are there now.
        guard try await !call.context.store.events(query).isEmpty else { return true }
        news.repeatOnce()
        return false
    }

    /// False once the service stops or the key is not valid any more.
    private func isWelcome() async -> Bool {
        guard call.context.engine.isAccepting else { return false }
        return await call.keys.isStillValid(call.request)
    }

    /// `data` holds the event's bytes as they are; as compact JSON they have no line break.
    private static func encoded(_ positioned: PositionedEvent) -> [UInt8] {
        Array("id: \(positioned.position)\nevent: \(positioned.event.type.rawValue)\ndata: ".utf8)
            + positioned.event.body + [0x0A, 0x0A]
    }
}

extension Response {
    /// A stream of server-sent events that neither caches nor proxies hold back.
    static func events(_ reader: EventReader) -> Response {
        Response(
            status: 200,
            headers: [
                "Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform",
                "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff",
            ],
            body: .stream(AsyncStream { await reader.next() }))
    }
}
