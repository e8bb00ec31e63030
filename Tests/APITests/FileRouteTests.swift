import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

struct FileRouteTests {
    @Test func `serves a file to whoever knows its name`() async throws {
        try await withService { service in
            let name = try await makeFile(service)
            let response = try await service.send(.get, "/files/\(name)", key: nil)
            #expect(response.status == 200)
            #expect(try response.text() == "picture")
            #expect(response.headers["Content-Type"] == "image/jpeg")
            #expect(response.headers["ETag"] == "\"\(MemoryArtifacts.sha256)\"")
            #expect(response.headers["Cache-Control"] == "public, max-age=31536000, immutable")
            #expect(response.headers["X-Content-Type-Options"] == "nosniff")
            #expect(response.headers["Content-Security-Policy"]?.contains("sandbox") == true)
            #expect(try await service.send(.head, "/files/\(name)", key: nil).status == 200)
        }
    }

    @Test(arguments: ["*", "\"%\"", "W/\"%\"", "\"a\", \"%\""])
    func `sends nothing to those who have it`(condition: String) async throws {
        try await withService { service in
            let name = try await makeFile(service)
            let known = condition.split(separator: "%", omittingEmptySubsequences: false)
                .joined(separator: MemoryArtifacts.sha256)
            let response = try await service.send(
                .get, "/files/\(name)", headers: ["If-None-Match": known], key: nil)
            #expect(response.status == 304)
            #expect(try response.text().isEmpty)
            #expect(response.headers["ETag"] != nil)
        }
    }

    @Test func `knows no other file, nor one by its hash`() async throws {
        try await withService { service in
            _ = try await makeFile(service)
            for name in ["missing.jpg", MemoryArtifacts.sha256, "..", "%2e%2e"] {
                #expect(try await service.send(.get, "/files/\(name)", key: nil).status == 404)
            }
        }
    }

    private func makeFile(_ service: Service) async throws -> String {
        let id = try await service.makeJob()
        var artifact = Artifact.make(account: service.account.id, job: JobID(rawValue: id))
        artifact.sha256 = MemoryArtifacts.sha256
        try await service.engine.finish(.completed, artifacts: [artifact])
        return artifact.fileName
    }
}
