import Documents
import Foundation
import HTTP
import Persistence
import Testing
import ThumbwireKit

struct EventTypeRouteTests {
    @Test func `lists every type with what it says`() async throws {
        try await withService { service in
            let list = try await service.send(.get, "/v1/event-types").json()
            let types = list["data"]?.array ?? []
            #expect(types.compactMap { $0["type"]?.string } == EventType.allCases.map(\.rawValue))
            #expect(types.allSatisfy { $0["description"]?.string?.isEmpty == false })
        }
    }

    @Test(arguments: EventType.allCases)
    func `the sample is the golden one`(_ type: EventType) async throws {
        try await withService { service in
            let sample = try await service.send(.get, "/v1/event-types/\(type.rawValue)/sample")
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../../webhooks/events/\(type.rawValue).json").standardized
            #expect(try sample.json() == JSONValue(parsing: String(contentsOf: file, encoding: .utf8)))
        }
    }

    @Test func `names the types where one is not`() async throws {
        try await withService { service in
            let missing = try await service.send(.get, "/v1/event-types/thumbnail.done/sample")
            #expect(missing.status == 404)
            #expect(try missing.json()["detail"]?.string?.contains("thumbnail.completed") == true)
        }
    }

    @Test func `the array has the exact bodies, newest first, or samples`() async throws {
        try await withService { service in
            func array(_ query: (String, String)...) async throws -> [JSONValue] {
                let answer = try await service.send(.get, "/v1/events", query: [("format", "array")] + query)
                return try #require(try answer.json().array)
            }
            let samples = try await array(("types", "thumbnail.failed,endpoint.disabled"))
            #expect(
                samples.compactMap { $0["type"]?.string } == ["thumbnail.failed", "endpoint.disabled"])
            #expect(try await array().count == 3)
            #expect(try await array(("limit", "1")).count == 1)

            _ = try await service.makeJob()
            try await service.engine.finish(.completed)
            let text = try await service.send(.get, "/v1/events", query: [("format", "array")]).text()
            let events = try await service.store.events(.init(account: service.account.id))
            let bodies = events.reversed().map { String(decoding: $0.event.body, as: UTF8.self) }
            #expect(text == "[\(bodies.joined(separator: ","))]")
            #expect(try await array(("types", "thumbnail.completed"), ("limit", "3")).count == 1)
            #expect(try await array(("types", "thumbnail.failed")).count == 1)
            #expect(try await array(("jobId", "job_none")).isEmpty)
        }
    }

    @Test(arguments: [[("format", "list")], [("format", "array"), ("cursor", "1")]])
    func `refuses what an array cannot be`(query: [(String, String)]) async throws {
        try await withService { service in
            let refused = try await service.send(.get, "/v1/events", query: query)
            #expect(refused.status == 422)
        }
    }
}
