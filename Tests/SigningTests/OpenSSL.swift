import Foundation
import Testing

/// The command `openssl`, which makes keys and checks signatures independently of us, in a folder of its own.
final class OpenSSL {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "openssl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// The exit code of a command; names of files are of the folder.
    @discardableResult
    func run(_ words: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + words.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// The key that a command makes.
    func key(_ command: String) throws -> String {
        // A number of bits must be the last word.
        var words = command.split(separator: " ")
        words.insert(contentsOf: ["-out", "made"], at: 1)
        try #require(try run(words.joined(separator: " ")) == 0, "openssl \(command)")
        return try String(contentsOf: folder.appending(path: "made"), encoding: .utf8)
    }

    /// Whether the signature is that of the message under the private key.
    func isValid(_ signature: [UInt8], of message: [UInt8], under key: String) throws -> Bool {
        try write(Array(key.utf8), to: "key")
        try write(signature, to: "signature")
        try write(message, to: "message")
        try #require(try run("pkey -in key -pubout -out public") == 0)
        return try run("dgst -sha256 -verify public -signature signature message") == 0
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: folder.appending(path: name))
    }
}
