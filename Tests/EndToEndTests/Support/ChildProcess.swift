import Foundation
import Glibc
import Synchronization
import TestSupport

/// A program started with `posix_spawn`, its output in files; killed when the test lets go of it.
///
/// Not Foundation's `Process`: a test that waited on one was seen to hang; why was not found.
final class ChildProcess: Sendable {
    struct SpawnFailure: Error {
        let code: Int32
    }

    private let identifier: pid_t
    private let output: TemporaryFolder
    /// What `waitpid` said once it had ended.
    private let ending = Mutex<Int32?>(nil)

    init(_ words: [String], environment: [String: String], in folder: String = "/tmp") throws {
        output = try TemporaryFolder()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.path + "/1", O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, output.path + "/2", O_WRONLY | O_CREAT, 0o600)

        // `env` changes the folder and becomes the program: the id stays.
        let command = ["/usr/bin/env", "-C", folder] + words
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, command[0], &actions, nil, &arguments, &variables)
        guard code == 0 else { throw SpawnFailure(code: code) }
        self.identifier = identifier
    }

    deinit {
        guard isRunning else { return }
        send(SIGKILL)
        waitpid(identifier, nil, 0)
    }

    var isRunning: Bool { code == nil }

    /// The exit code, or 128 and the signal that ended it; `nil` while it runs.
    var code: Int32? {
        ending.withLock { ending in
            var status: Int32 = 0
            if ending == nil, waitpid(identifier, &status, WNOHANG) == identifier { ending = status }
            return ending.map { $0 & 0x7F == 0 ? $0 >> 8 & 0xFF : 128 + ($0 & 0x7F) }
        }
    }

    var standardOutput: String { text("1") }
    var standardError: String { text("2") }

    func send(_ signal: Int32) {
        if isRunning { kill(identifier, signal) }
    }

    /// Waits for the end.
    @discardableResult
    func exit() async throws -> Int32 {
        try await eventually("the process ends: \(standardError)") { code }
    }

    private func text(_ name: String) -> String {
        let data = FileManager.default.contents(atPath: "\(output.path)/\(name)") ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
