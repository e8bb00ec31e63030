/// Reads `text/event-stream` (WHATWG HTML §9.2.6) piece by piece, in bounded memory.
///
/// Lines may end in CR, LF or both, and pieces may cut anything, a character too: text is made of whole lines only.
package struct ServerSentEventReader: Sendable {
    package struct Event: Equatable, Sendable {
        /// The last id that the stream gave, with this event or before it.
        package var id: String?
        /// Empty where the stream gives none.
        package var name: String
        /// `nil` where nothing happened and the stream only says at which id it stands.
        package var data: [UInt8]?

        package init(id: String? = nil, name: String, data: [UInt8]?) {
            (self.id, self.name, self.data) = (id, name, data)
        }
    }

    /// Bytes of one event.
    private let limit: Int
    private var line: [UInt8] = []
    private var id: String?
    private var isMoved = false
    private var name = ""
    private var data: [UInt8]?
    private var endedInReturn = false
    /// An event was longer than the limit; nothing is read any more.
    package private(set) var isOverfull = false

    package init(limit: Int) {
        self.limit = limit
    }

    /// The events that these bytes complete.
    package mutating func read(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while !isOverfull, let byte = rest.first {
            // The second half of a CRLF, perhaps of the piece before.
            if byte == 0x0A, endedInReturn { rest.removeFirst() }
            endedInReturn = false
            let text = rest.prefix { $0 != 0x0A && $0 != 0x0D }
            append(text)
            rest = rest.dropFirst(text.count)
            guard let end = rest.popFirst() else { break }
            endedInReturn = end == 0x0D
            if let event = endLine() { events.append(event) }
        }
        return events
    }

    /// The event at the end of a stream that lacks its last blank line.
    package mutating func finish() -> Event? {
        if !line.isEmpty { _ = endLine() }
        return endEvent()
    }

    private mutating func append(_ text: ArraySlice<UInt8>) {
        if line.count + text.count + (data?.count ?? 0) > limit {
            isOverfull = true
            (line, data) = ([], nil)
        } else {
            line += text
        }
    }

    private mutating func endLine() -> Event? {
        defer { line = [] }
        guard !line.isEmpty else { return endEvent() }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == 0x20 { value.removeFirst() }
        if line[..<colon].elementsEqual("event".utf8) {
            name = String(decoding: value, as: UTF8.self)
        } else if line[..<colon].elementsEqual("data".utf8) {
            // In place: copied for each line, a long event would take time in the square of its lines.
            if data != nil { data?.append(0x0A) } else { data = [] }
            data?.append(contentsOf: value)
        } else if line[..<colon].elementsEqual("id".utf8) {
            (id, isMoved) = (String(decoding: value, as: UTF8.self), true)
        }
        return nil
    }

    private mutating func endEvent() -> Event? {
        defer { (name, data, isMoved) = ("", nil, false) }
        return data != nil || isMoved ? Event(id: id, name: name, data: data) : nil
    }
}
