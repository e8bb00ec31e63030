import Foundation
import TestSupport
import Testing
import ThumbwireKit

@testable import ThumbwireService

@Suite("A service's life", .timeLimit(.minutes(2)))
struct ServiceLifeTests {
    @Test func `a folder can be used again as soon as its service has stopped`() async throws {
        let folder = try TemporaryFolder()
        let first = try await service(on: folder)
        _ = try await first.start()
        await first.stop()

        let second = try await service(on: folder)
        _ = try await second.start()
        await second.stop()
        await first.stop()

        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.contains("thumbwire.db"))
        #expect(!files.contains("thumbwire.db-wal"))
    }

    @Test func `a service that never started stops all the same`() async throws {
        let folder = try TemporaryFolder()
        let service = try await service(on: folder)

        await service.stop()
        await service.waitUntilStopped()

        await #expect(throws: ServiceError.self) { try await service.start() }
    }

    @Test func `a folder is free again when a service could not start on it`() async throws {
        let folder = try TemporaryFolder()
        await #expect(throws: ServiceError.self) { try await service(on: folder, adminKey: "two words") }

        let next = try await service(on: folder)
        await next.stop()
    }

    private func service(on folder: TemporaryFolder, adminKey: String? = nil) async throws -> Service {
        var options = ServiceOptions()
        options.listen = "127.0.0.1:0"
        options.data = folder.path
        options.adminKey = adminKey
        return try await Service(options: options, log: .silent)
    }
}
