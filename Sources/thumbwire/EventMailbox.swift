import Synchronization
import ThumbwireKit

/// An event that has arrived and is believed.
struct ReceivedEvent: Sendable {
    var id: String
    var body: [UInt8]
    var document: JSONValue
    /// Whether a signature proved it; the event stream is proved by its connection instead.
    var isVerified: Bool
    /// What became of it at the forward URL, where there is one.
    var forwarding: Forwarding?
}

/// Hands events from where they arrive to who prints them.
final class EventMailbox: Sendable {
    /// Why no more events come.
    enum Ending: Sendable {
        case interrupted
        case outOfTime

        /// Throws where there are fewer events than wanted in the time given.
        func check(_ printer: EventPrinter) throws {
            guard case .outOfTime = self else { return }
            throw CommandFailure(
                "out of time with \(printer.count) of \(printer.limit.map(String.init) ?? "any") events")
        }
    }

    let events: AsyncStream<ReceivedEvent>
    private let continuation: AsyncStream<ReceivedEvent>.Continuation
    private let firstEnding = Mutex<Ending?>(nil)

    init() {
        (events, continuation) = AsyncStream.makeStream(of: ReceivedEvent.self)
    }

    /// The reason that came first.
    var ending: Ending? { firstEnding.withLock { $0 } }

    func put(_ event: ReceivedEvent) {
        continuation.yield(event)
    }

    func close(_ ending: Ending) {
        firstEnding.withLock { $0 = $0 ?? ending }
        continuation.finish()
    }
}
