import Foundation
import Glibc
import ThumbwireKit

/// A file that says up to where a server's events were handled.
struct ListenState: Sendable {
    private static let formatVersion: Int64 = 1

    /// What it said at the beginning; `nil` where there was none.
    let saved: Int64?
    private let path: String
    private let server: String

    /// Throws where the file is something else, or of another server.
    init(path: String, server: String) throws(CommandFailure) {
        self.path = path
        self.server = server
        guard let data = FileManager.default.contents(atPath: path) else {
            guard access(path, F_OK) != 0 else { throw CommandFailure("--state: cannot read \(path)") }
            saved = nil
            return
        }
        guard let document = try? JSONValue(parsing: Array(data)),
            document["version"]?.integer == Self.formatVersion, let place = document["position"]?.integer
        else {
            throw CommandFailure("--state: \(path) is no file of this program; remove it or name another")
        }
        guard document["server"]?.string == server else {
            throw CommandFailure(
                "--state: \(path) is of the server \(document.text("server")); name another file for \(server)"
            )
        }
        saved = place
    }

    /// Durable when it returns: the file is whole, the old or the new one, whatever happens.
    func save(_ position: Int64) throws(CommandFailure) {
        let document: JSONValue = [
            "version": .integer(Self.formatVersion), "server": .string(server),
            "position": .integer(position),
        ]
        let temporary = path + ".new"
        try write(document.serialized() + [0x0A], to: temporary)
        guard rename(temporary, path) == 0 else { throw failure() }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure() }
    }

    private func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0 else { throw failure() }
    }

    private func failure() -> CommandFailure {
        CommandFailure("--state: cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
