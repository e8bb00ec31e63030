import Glibc
import Synchronization
import ThumbwireKit

/// Shows how far a job is: one bar that is redrawn on a terminal, a line for each change elsewhere.
final class ProgressDisplay: Sendable {
    private static let width = 30
    private static let eraseLine = "\r\u{1B}[K"

    private struct Shown: Equatable {
        var status = ""
        var step = ""
        var percent = 0
    }

    private let isBar: Bool
    private let shown = Mutex(Shown())

    init(isBar: Bool) {
        self.isBar = isBar
    }

    /// Takes a job's document; an older one than was shown is left out.
    func show(_ job: JSONValue) {
        guard let status = job["status"]?.string else { return }
        let progress = job["progress"]
        let next = Shown(
            status: status, step: progress?["step"]?.string ?? "",
            percent: Int(progress?["percent"]?.integer ?? 0))
        shown.withLock { shown in
            let isEnded = JobState(rawValue: shown.status)?.isTerminal ?? false
            guard next != shown, !isEnded, next.percent >= shown.percent else { return }
            shown = next
            Output.write(isBar ? Self.bar(next) : Self.line(next), to: STDERR_FILENO)
        }
    }

    /// Leaves the terminal's line.
    func finish() {
        if isBar { Output.write("\n", to: STDERR_FILENO) }
    }

    private static func bar(_ shown: Shown) -> String {
        let filled = min(width, max(0, shown.percent * width / 100))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        return "\(eraseLine)[\(bar)] \(shown.percent)% \(words(shown))"
    }

    private static func line(_ shown: Shown) -> String {
        "\(shown.percent)% \(words(shown))\n"
    }

    private static func words(_ shown: Shown) -> String {
        (shown.step.isEmpty ? shown.status : "\(shown.status): \(shown.step)").printable
    }
}
