import Foundation
import HTTP
import Synchronization
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct EventStream {
        @Test func `goes on behind the last event that the client saw`() async throws {
            let service = try await RunningService.start()
            let first = try await service.post("/v1/jobs?wait=55", .job("first"))
            let before = try await read(service, after: "0", until: "thumbnail.completed")
            let last = try #require(before.last?.id)

            let second = try await service.post("/v1/jobs?wait=55", .job("second"))
            let after = try await read(service, after: last, until: "thumbnail.completed")

            #expect(before.last?.job == first.json["id"]?.string)
            #expect(!after.isEmpty)
            #expect(after.allSatisfy { $0.job == second.json["id"]?.string })
            #expect(before.map(\.type).first == "thumbnail.queued")
        }

        @Test func `ends a job's stream with the job`() async throws {
            let service = try await RunningService.start()
            let job = try await service.post("/v1/jobs", .job("follow"))
            let id = try #require(job.json["id"]?.string)

            let answer = try await service.get("/v1/jobs/\(id)/events")

            #expect(answer.headers["Content-Type"] == "text/event-stream")
            #expect(answer.text.contains("event: thumbnail.completed\n"))
        }

        private struct Line: Sendable {
            let id: String
            let type: String
            let job: String?
        }

        /// The stream's events up to the first one of that type.
        private func read(
            _ service: RunningService, after id: String, until type: String
        ) async throws -> [Line] {
            var request = OutboundRequest(
                url: service.url + "/v1/events/stream",
                headers: ["Authorization": "Bearer \(RunningService.key)", "Last-Event-ID": id],
                deadline: .seconds(100))
            let kept = KeptBytes()
            request.receive = { kept.add($0) }
            let reading = Task { [request] in
                _ = try await service.client.send(request, policy: .unrestricted)
            }
            defer { reading.cancel() }
            return try await eventually("\(type) in the stream: \(kept.text)") {
                let lines = Self.lines(kept.text)
                return lines.contains { $0.type == type } ? lines : nil
            }
        }

        private static func lines(_ text: String) -> [Line] {
            text.components(separatedBy: "\n\n").dropLast().compactMap { block in
                var fields: [String: String] = [:]
                for line in block.split(separator: "\n") {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    if parts.count == 2 { fields[String(parts[0])] = String(parts[1].dropFirst()) }
                }
                guard let id = fields["id"], let type = fields["event"], let data = fields["data"] else {
                    return nil
                }
                return Line(id: id, type: type, job: (try? JSONValue(parsing: data))?["data"]?["id"]?.string)
            }
        }
    }
}

private final class KeptBytes: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    func add(_ more: [UInt8]) {
        bytes.withLock { $0 += more }
    }
}
