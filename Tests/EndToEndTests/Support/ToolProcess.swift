import Foundation
import Glibc
import ThumbwireKit

/// The built `thumbwire` as a process of its own; it is killed when the test lets go of it.
final class ToolProcess: Sendable {
    /// The binary that the build put beside this test bundle.
    static let executable: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("thumbwire")
            .path
    }()

    private let process: ChildProcess

    init(_ arguments: [String], environment: [String: String] = [:], in folder: String = "/tmp") throws {
        // Nothing of the developer's own settings: only what the test gives.
        let kept = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "TMPDIR"].contains($0.key) }
        process = try ChildProcess(
            [Self.executable] + arguments, environment: kept.merging(environment) { $1 }, in: folder)
    }

    var standardOutput: String { process.standardOutput }
    var standardError: String { process.standardError }

    func send(_ signal: Int32) {
        process.send(signal)
    }

    /// The exit code, or 128 and the signal that ended it; waits for the end.
    @discardableResult
    func exit() async throws -> Int32 {
        try await process.exit()
    }

    /// Ends it as a power cut would, and waits until it is gone.
    func killAtOnce() async throws {
        send(SIGKILL)
        try await exit()
    }

    /// The JSON lines of standard output so far.
    var lines: [JSONValue] {
        standardOutput.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    /// The first JSON line with that `event`, as soon as it is there.
    func line(_ event: String) async throws -> JSONValue {
        try await eventually("a line with event \(event); on standard error: \(standardError)") {
            let isRunning = process.isRunning
            if let line = lines.first(where: { $0["event"]?.string == event }) { return line }
            guard isRunning else { throw ProcessEnded(errors: standardError) }
            return nil
        }
    }
}

/// A process ended before it said what the test waits for.
struct ProcessEnded: Error, CustomStringConvertible {
    let errors: String

    var description: String { "the process ended: \(errors)" }
}
