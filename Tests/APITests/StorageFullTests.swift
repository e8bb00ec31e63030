import Engine
import HTTP
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

struct StorageFullTests {
    @Test(arguments: [
        ("/v1/jobs", #"{"title":"A"}"#, "/code", "storage_full"),
        (
            "/api/v1/thumbnail/generate",
            #"{"manualTitle":"T","colorGrading":"Warm","layoutType":"TextLeft"}"#, "/error/code",
            "INTERNAL_ERROR"
        ),
        (
            "/api/generative-jobs",
            #"{"sourceUri":"https://www.youtube.com/watch?v=dQw4w9WgXcQ"}"#,
            "/errorName", "ServiceUnavailable"
        ),
        ("/v1/images/generations", #"{"prompt":"A"}"#, "/error/code", "storage_full"),
    ])
    func `every face says that there is no room`(
        path: String, body: String, pointer: String, expected: String
    ) async throws {
        try await withService { service in
            service.engine.disk.freeBytes.withLock { $0 = 99 }
            let refused = try await service.send(.post, path, body: body)
            var value: JSONValue? = try refused.json()
            for name in pointer.split(separator: "/") { value = value?[String(name)] }

            #expect(refused.status == 503)
            let text = try refused.text()
            #expect(value?.string == expected, "\(text)")
            #expect(refused.headers["Retry-After"] == "30")
            #expect(service.engine.jobs.isEmpty)
        }
    }

    @Test func `uploads are refused, everything else goes on, and room comes back by itself`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            let picture = try ImageFormat.png.picture()
            service.engine.disk.freeBytes.withLock { $0 = 0 }

            let upload = try await service.send(
                .post, "/v1/uploads", headers: ["Content-Type": "image/png"], bytes: picture)
            #expect(upload.status == 503)
            #expect(try upload.json()["code"] == "storage_full")
            let ready = try await service.send(.get, "/readyz", key: nil)
            #expect(ready.status == 503)
            #expect(try ready.json()["status"] == "disk_nearly_full")
            #expect(try await service.send(.get, "/healthz", key: nil).status == 200)
            #expect(try await service.send(.get, "/v1/jobs/\(id)").status == 200)
            #expect(try await service.send(.post, "/v1/jobs/\(id)/cancel").status == 200)
            #expect(try await service.send(.delete, "/v1/jobs/\(id)").status == 204)

            service.engine.disk.freeBytes.withLock { $0 = 100 }
            #expect(try await service.send(.get, "/readyz", key: nil).status == 200)
            _ = try await service.makeJob()
            service.engine.storage.noteExceeded(limitBytes: 5)
            let exceeded = try await service.send(.get, "/readyz", key: nil)
            #expect(try exceeded.json()["status"] == "data_limit_reached")
        }
    }

    @Test func `an upload says how long it is kept`() async throws {
        try await withService { service in
            let answer = try await service.send(
                .post, "/v1/uploads", headers: ["Content-Type": "image/png"],
                bytes: try ImageFormat.png.picture()
            ).json()
            #expect(answer["expiresAt"]?.string == (service.clock.now() + .seconds(86_400)).description)
        }
    }
}
