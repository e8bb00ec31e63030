import HTTP
import Synchronization
import ThumbwireKit

/// Collects a streamed answer on the client's thread: previews go on at once, all else waits for the end.
///
/// A server that does not stream answers with one JSON document, which is kept as it is.
final class OpenAIStream: Sendable {
    /// What stood in the stream besides previews.
    struct Ending {
        /// The data of closing and error events, or the one document.
        var documents: [[UInt8]]
        /// How many previews came: they were billed, whatever came after.
        var previews: Int
    }

    private struct State {
        var reader: ServerSentEventReader
        var document: [UInt8]?
        var hasBegun = false
        var kept: [[UInt8]] = []
        var keptBytes = 0
        var previews = 0
    }

    /// What an event takes besides its data: an endless row of empty ones must end somewhere too.
    private static let eventBytes = 256

    /// The data of `partial_image` events; the newest few, when nobody reads fast enough.
    let previews: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let limit: Int
    private let state: Mutex<State>

    /// `limit` is in bytes, for the whole of what is kept.
    init(limit: Int) {
        self.limit = limit
        state = Mutex(State(reader: ServerSentEventReader(limit: limit)))
        (previews, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4))
    }

    func receive(_ bytes: [UInt8]) {
        state.withLock { state in
            if !state.hasBegun, let first = bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
                state.hasBegun = true
                if first == UInt8(ascii: "{") { state.document = [] }
            }
            if let count = state.document?.count {
                if count + bytes.count <= limit { state.document? += bytes }
                return
            }
            for event in state.reader.read(bytes) { keep(event, &state) }
        }
    }

    /// Ends ``previews`` and says what there is.
    func end() -> Ending {
        defer { continuation.finish() }
        return state.withLock { state in
            if let event = state.reader.finish() { keep(event, &state) }
            return Ending(
                documents: state.document.map { [$0] } ?? state.kept, previews: state.previews)
        }
    }

    private func keep(_ event: ServerSentEventReader.Event, _ state: inout State) {
        guard let data = event.data else { return }
        if Self.isPreview(event.name, data) {
            state.previews += 1
            continuation.yield(data)
        } else if state.keptBytes + data.count + Self.eventBytes <= limit {
            state.keptBytes += data.count + Self.eventBytes
            state.kept.append(data)
        }
    }

    /// By the name, or by the `type` that stands first in the data of servers that send no names.
    private static func isPreview(_ name: String, _ data: [UInt8]) -> Bool {
        name.hasSuffix("partial_image")
            || name.isEmpty && String(decoding: data.prefix(200), as: UTF8.self).contains(".partial_image\"")
    }
}
