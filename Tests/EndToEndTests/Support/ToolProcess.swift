import Foundation
import Glibc
import Synchronization
import ThumbwireKit

/// The built `thumbwire` as a process of its own; it is killed when the test lets go of it.
final class ToolProcess: Sendable {
    /// The binary that the build put beside this test bundle.
    static let executable: URL = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("thumbwire")
    }()

    private let process = Process()
    private let output = CapturedText()
    private let errors = CapturedText()

    init(_ arguments: [String], environment: [String: String] = [:], in folder: String = "/tmp") throws {
        process.executableURL = Self.executable
        process.arguments = arguments
        // Nothing of the developer's own settings: only what the test gives.
        let kept = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "TMPDIR"].contains($0.key) }
        process.environment = kept.merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var standardOutput: String { output.text }
    var standardError: String { errors.text }

    func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// The exit code, or 128 and the signal that ended it; waits for the rest of the output too.
    @discardableResult
    func exit() async throws -> Int32 {
        try await eventually("the process ends (\(state)): \(standardError)") {
            !process.isRunning && output.isComplete && errors.isComplete
        }
        return process.terminationReason == .exit
            ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// What the system says of the process, for the message when it does not end.
    private var state: String {
        let path = "/proc/\(process.processIdentifier)/status"
        let lines = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        let line = lines?.split(separator: "\n").first { $0.hasPrefix("State:") }
        return "running \(process.isRunning), output complete \(output.isComplete) \(errors.isComplete), "
            + (line.map(String.init) ?? "gone")
    }

    /// Ends it as a power cut would, and waits until it is gone.
    func killAtOnce() async throws {
        send(SIGKILL)
        try await eventually("the process is gone") { !process.isRunning }
    }

    /// The JSON lines of standard output so far.
    var lines: [JSONValue] {
        standardOutput.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    /// The first JSON line with that `event`, as soon as it is there.
    func line(_ event: String) async throws -> JSONValue {
        try await eventually("a line with event \(event); on standard error: \(standardError)") {
            if let line = lines.first(where: { $0["event"]?.string == event }) { return line }
            guard process.isRunning else { throw ProcessEnded(errors: standardError) }
            return nil
        }
    }
}

/// A process ended before it said what the test waits for.
struct ProcessEnded: Error, CustomStringConvertible {
    let errors: String

    var description: String { "the process ended: \(errors)" }
}

/// What one pipe of a process said.
final class CapturedText: Sendable {
    let pipe = Pipe()
    private let state = Mutex((bytes: Data(), isComplete: false))

    init() {
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.take(data)
        }
    }

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
    var isComplete: Bool { state.withLock { $0.isComplete } }

    private func take(_ data: Data) {
        state.withLock { state in
            state.bytes += data
            state.isComplete = state.isComplete || data.isEmpty
        }
    }
}
