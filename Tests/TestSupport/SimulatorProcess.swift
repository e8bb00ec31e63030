internal import Foundation
internal import Glibc

/// `Tests/simulators/run.py` as a child that ends when its standard input does.
struct SimulatorProcess {
    let identifier: pid_t
    /// Our end of the socket that is its standard input and output; whoever has it ends the process.
    let lifeline: Int32

    private static let script = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("simulators/run.py")
        .path

    init() throws {
        // Other children of the test must not keep our end open, or the process would outlive the test.
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0 else { throw Self.failure("socketpair", errno) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)

        let kept = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "TMPDIR"].contains($0.key) }
        let words: [String] = ["python3", Self.script]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            kept.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, "python3", &actions, nil, &arguments, &variables)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw Self.failure("python3", code)
        }
        self.identifier = identifier
        lifeline = ends[0]
    }

    /// The first line that it prints, or `nil` where it ends before.
    func firstLine() async -> String? {
        let descriptor = lifeline
        return await withCheckedContinuation { continuation in
            // Reading blocks until Python has started.
            Thread.detachNewThread {
                var line: [UInt8] = []
                var byte: UInt8 = 0
                while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
                let isWhole = byte == UInt8(ascii: "\n")
                continuation.resume(returning: isWhole ? String(decoding: line, as: UTF8.self) : nil)
            }
        }
    }

    func end() {
        Self.end(identifier, lifeline)
    }

    /// Takes its standard input away, kills what is left, and waits until it is gone.
    static func end(_ identifier: pid_t, _ lifeline: Int32) {
        close(lifeline)
        kill(identifier, SIGKILL)
        while waitpid(identifier, nil, 0) == -1, errno == EINTR {}
    }

    private static func failure(_ what: String, _ code: Int32) -> Simulators.StartFailure {
        Simulators.StartFailure(reason: "\(what): \(String(cString: strerror(code)))")
    }
}
