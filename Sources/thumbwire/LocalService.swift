import Foundation
import Glibc
import HTTP
import Signing
import ThumbwireKit
import ThumbwireService

/// A service inside this process with a data folder that goes with it.
enum LocalService {
    /// Runs `body` as a client of such a service, and ends it whatever happens.
    static func with(
        _ arguments: Arguments, _ body: @escaping @Sendable (ServerConnection) async throws -> Void
    ) async throws {
        let stopRequests = Signals.stopRequests()
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var options = ServiceOptions()
        options.listen = "127.0.0.1:0"
        options.data = folder.path
        options.plugins = arguments.value("plugins")
        options.allowPrivateSources = arguments.list("allow-private-sources")
        options.drainTimeout = .seconds(2)
        let key = hexadecimal(randomBytes(24))
        options.adminKey = key

        let instruments = Instruments(version: Version.current)
        let writer = LogWriter(.text, metrics: instruments.log)
        defer { writer.flush() }
        let service = try await Service(
            options: options, instruments: instruments, log: writer.log(from: .error))
        let url = try await service.start()
        let outcome = await run(body, at: url, key: key, stopRequests: stopRequests)
        await service.stop()
        try outcome.get()
    }

    private static func run(
        _ body: @escaping @Sendable (ServerConnection) async throws -> Void, at url: String, key: String,
        stopRequests: AsyncStream<Int32>
    ) async -> Result<Void, any Error> {
        let work = Task { try await body(try ServerConnection(baseURL: url, key: key)) }
        let interruption = Task {
            for await _ in stopRequests { work.cancel() }
        }
        defer { interruption.cancel() }
        return await work.result
    }
}

/// A private folder of this process.
struct TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/thumbwire-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure("temporary folder cannot be made: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
