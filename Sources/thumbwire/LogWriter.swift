import Foundation
import Glibc
import ThumbwireKit
import ThumbwireService

/// Writes log entries to standard error, one line each, on a thread of its own: whoever reads them slowly, or not at all,
/// does not hold up the service. What waits is limited; what exceeds it is dropped, counted, and told of later.
final class LogWriter: Sendable {
    enum Format: String, CaseIterable {
        case json, text
    }

    private struct Line: Sendable {
        var time: Timestamp
        var entry: Log.Entry
    }

    // Proof of `@unchecked`: the fields are only touched between `condition.lock()` and `condition.unlock()`.
    private final class Buffer: @unchecked Sendable {
        let condition = NSCondition()
        var lines: [Line] = []
        var dropped = 0
        var isWriting = false
    }

    /// How long the last lines may take at the end of the process.
    private static let patience = 1.0

    private let capacity: Int
    private let metrics: LogMetrics
    private let buffer = Buffer()

    /// At most `capacity` lines wait, some megabytes.
    init(
        _ format: Format, metrics: LogMetrics, to descriptor: Int32 = STDERR_FILENO, capacity: Int = 8_192
    ) {
        self.metrics = metrics
        self.capacity = capacity
        let thread = Thread { [buffer] in Self.write(buffer, as: format, to: descriptor) }
        thread.name = "log"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// A log that ends here; entries below `minimum` are left out.
    func log(from minimum: Log.Level = .info) -> Log {
        Log(from: minimum) { [self] in take($0) }
    }

    /// Waits until all is written, but not for a reader that does not read.
    func flush() {
        let end = Date(timeIntervalSinceNow: Self.patience)
        buffer.condition.lock()
        defer { buffer.condition.unlock() }
        while buffer.isWriting || !buffer.lines.isEmpty || buffer.dropped > 0 {
            guard buffer.condition.wait(until: end) else { return }
        }
    }

    private func take(_ entry: Log.Entry) {
        metrics.took(entry.level)
        let line = Line(time: SystemClock().now(), entry: entry)
        buffer.condition.lock()
        let hasRoom = buffer.lines.count < capacity
        if hasRoom { buffer.lines.append(line) } else { buffer.dropped += 1 }
        buffer.condition.broadcast()
        buffer.condition.unlock()
        if !hasRoom { metrics.drop() }
    }

    private static func write(_ buffer: Buffer, as format: Format, to descriptor: Int32) {
        while true {
            buffer.condition.lock()
            buffer.isWriting = false
            buffer.condition.broadcast()
            while buffer.lines.isEmpty && buffer.dropped == 0 { buffer.condition.wait() }
            var lines = buffer.lines
            let dropped = buffer.dropped
            buffer.lines = []
            buffer.dropped = 0
            buffer.isWriting = true
            buffer.condition.unlock()

            if dropped > 0 {
                let entry = Log.Entry(
                    level: .warning, event: "log lines dropped", fields: ["count": .integer(Int64(dropped))])
                lines.append(Line(time: SystemClock().now(), entry: entry))
            }
            for line in lines {
                Output.write((format == .json ? json(line) : text(line)) + "\n", to: descriptor)
            }
        }
    }

    private static func json(_ line: Line) -> String {
        var object: JSONObject = [
            "time": .string(line.time.description), "level": .string(line.entry.level.rawValue),
            "event": .string(line.entry.event),
        ]
        for member in line.entry.fields.members where object[member.name] == nil {
            object[member.name] = member.value
        }
        return String(decoding: JSONValue.object(object).serialized(), as: UTF8.self)
    }

    private static func text(_ line: Line) -> String {
        let fields = line.entry.fields.members.map { " \($0.name)=\(text($0.value))" }.joined()
        return "\(line.time) \(line.entry.level.rawValue.padded(to: 7)) \(line.entry.event)\(fields)"
            .printable
    }

    private static func text(_ value: JSONValue) -> String {
        if let word = value.string, !word.isEmpty, !word.contains(where: { $0 == " " || $0 == "\"" }) {
            return word
        }
        return String(decoding: value.serialized(), as: UTF8.self)
    }
}
