import Foundation
import Glibc
import HTTP
import TestSupport
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct ListenResume {
        @Test func `forwards each event once, however often the service is killed`() async throws {
            var service = try await RunningService.start()
            let receiver = try WebhookReceiver()
            let tool = try ToolProcess(Self.listen(service, receiver))
            _ = try await tool.line("listening")

            for round in 0..<3 {
                _ = try await service.post("/v1/jobs?wait=55", .job("before \(round)"))
                try await service.tool.killAtOnce()
                service = try await RunningService.start(on: service.folder, port: service.port)
                // Nobody listens yet: the tool waits before it connects again.
                _ = try await service.post("/v1/jobs?wait=55", .job("after \(round)"))
            }

            let happened = try await Self.events(of: service)
            let forwarded = try await receiver.requests(atLeast: happened.count)
            #expect(forwarded.map { $0.headers["webhook-id"] } == happened)
            await receiver.stop()
        }

        @Test func `loses nothing of a break before the first event`() async throws {
            let first = try await RunningService.start()
            let receiver = try WebhookReceiver()
            let tool = try ToolProcess(Self.listen(first, receiver))
            _ = try await tool.line("listening")

            try await first.tool.killAtOnce()
            let second = try await RunningService.start(on: first.folder, port: first.port)
            _ = try await second.post("/v1/jobs?wait=55", .job("unseen"))

            let happened = try await Self.events(of: second)
            let forwarded = try await receiver.requests(atLeast: happened.count)
            #expect(forwarded.map { $0.headers["webhook-id"] } == happened)
            await receiver.stop()
        }

        @Test func `goes on in the next run where the last one ended`() async throws {
            let service = try await RunningService.start()
            let receiver = try WebhookReceiver()
            let state = ["--state", service.folder.path + "/listen.json"]
            let first = try ToolProcess(Self.listen(service, receiver) + state)
            _ = try await first.line("listening")
            _ = try await service.post("/v1/jobs?wait=55", .job("first run"))
            let before = try await Self.events(of: service)
            _ = try await receiver.requests(atLeast: before.count)
            first.send(SIGINT)
            let code = try await first.exit()

            _ = try await service.post("/v1/jobs?wait=55", .job("between"))
            let second = try ToolProcess(Self.listen(service, receiver) + state)
            let happened = try await Self.events(of: service)
            let forwarded = try await receiver.requests(atLeast: happened.count)
            second.send(SIGINT)

            #expect(code == 0, "\(first.standardError)")
            #expect(try await second.exit() == 0, "\(second.standardError)")
            #expect(forwarded.map { $0.headers["webhook-id"] } == happened)
            await receiver.stop()
        }

        @Test func `begins behind an event, or with what happened then`() async throws {
            let service = try await RunningService.start()
            _ = try await service.post("/v1/jobs?wait=55", .job("past"))
            let happened = try await Self.events(of: service)
            let second = try #require(happened.dropFirst().first)

            let behind = try await Self.received(
                service, ["--since", second, "--count", "\(happened.count - 2)"])
            let ago = try await Self.received(service, ["--since", "1h", "--count", "\(happened.count)"])

            #expect(behind == Array(happened.dropFirst(2)))
            #expect(ago == happened)
        }

        @Test func `connects again when nothing is heard, and passes over what it has seen`() async throws {
            let server = try ScriptedStream([
                [": connected\nid: 7\n\n", Self.event(8)],
                [": connected\nid: 8\n\n", Self.event(8), Self.event(9)],
            ])
            let tool = try ToolProcess([
                "listen", "--server", server.url, "--key", "k", "--json", "--max-silence", "1s",
                "--count", "2",
            ])

            #expect(try await tool.exit() == 0, "\(tool.standardError)")
            let received = tool.lines.filter { $0["event"] == "received" }
            #expect(received.map { $0["id"] } == ["evt_8", "evt_9"])
            #expect(server.positions == [nil, "8"])
            #expect(tool.standardError.contains("nothing was heard"))
            await server.stop()
        }

        @Test func `refuses a file that is of another server`() async throws {
            let folder = try TemporaryFolder()
            let path = folder.path + "/state.json"
            try Data(#"{"version":1,"server":"http://127.0.0.1:1","position":3}"#.utf8)
                .write(to: URL(fileURLWithPath: path))

            let tool = try ToolProcess([
                "listen", "--server", "http://127.0.0.1:2", "--key", "k", "--state", path,
            ])

            #expect(try await tool.exit() == 1)
            #expect(tool.standardError.contains("is of the server http://127.0.0.1:1"))
        }

        private static func listen(_ service: RunningService, _ receiver: WebhookReceiver) -> [String] {
            [
                "listen", "--server", service.url, "--key", RunningService.key, "--forward-to",
                receiver.url(), "--json",
            ]
        }

        /// The ids that a run of the tool receives.
        private static func received(_ service: RunningService, _ words: [String]) async throws -> [String] {
            let tool = try ToolProcess(
                ["listen", "--server", service.url, "--key", RunningService.key, "--json"] + words)
            #expect(try await tool.exit() == 0, "\(tool.standardError)")
            return tool.lines.filter { $0["event"] == "received" }.compactMap { $0["id"]?.string }
        }

        /// The ids of everything that has happened.
        private static func events(of service: RunningService) async throws -> [String] {
            let answer = try await service.get("/v1/events?limit=100").json
            return answer["data"]?.array?.compactMap { $0["id"]?.string } ?? []
        }

        private static func event(_ number: Int) -> String {
            """
            id: \(number)
            event: thumbnail.completed
            data: {"id":"evt_\(number)","type":"thumbnail.completed","data":{}}


            """
        }
    }
}
