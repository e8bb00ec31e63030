import Glibc
import HTTP
import Signing
import TestSupport
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct ListenForward {
        @Test func `a forward that fails for good is told and counted, and the next event follows`()
            async throws
        {
            let service = try await RunningService.start()
            // Three tries of the first event.
            let receiver = try WebhookReceiver { number in number < 3 ? 500 : 204 }
            let tool = try ToolProcess([
                "listen", "--server", service.url, "--key", RunningService.key, "--forward-to",
                receiver.url(), "--events", "thumbnail.queued,thumbnail.completed", "--rests", "10ms,10ms",
                "--count", "2", "--json",
            ])
            _ = try await tool.line("listening")

            _ = try await service.post("/v1/jobs?wait=55", .job("Refused"))
            let code = try await tool.exit()

            #expect(code == 1)
            #expect(tool.standardError.contains("1 of 2 events were not forwarded"), "\(tool.standardError)")
            let received = tool.lines.filter { $0["event"] == "received" }
            #expect(received.map { $0["forwarded"] } == [false, true])
            #expect(received.map { $0["forwardedStatus"] } == [500, 204])
            #expect(
                receiver.requests.map { $0.json["type"] } == [
                    "thumbnail.queued", "thumbnail.queued", "thumbnail.queued", "thumbnail.completed",
                ])
            await receiver.stop()
        }

        @Test func `a receiver that is gone is asked once`() async throws {
            let service = try await RunningService.start()
            let receiver = try WebhookReceiver { _ in 410 }
            let tool = try ToolProcess([
                "listen", "--server", service.url, "--key", RunningService.key, "--forward-to",
                receiver.url(), "--events", "thumbnail.completed", "--count", "1",
            ])
            try await eventually("the stream is open") { tool.standardOutput.contains("listening") }

            _ = try await service.post("/v1/jobs?wait=55", .job("Gone"))

            #expect(try await tool.exit() == 1)
            #expect(receiver.requests.count == 1)
            #expect(tool.standardOutput.contains("not forwarded: 410"))
            await receiver.stop()
        }

        @Test func `an attempt under way is waited for at an interruption`() async throws {
            let service = try await RunningService.start()
            let gate = Gate()
            let receiver = try WebhookReceiver { _ in
                await gate.wait()
                return 204
            }
            let path = service.folder.path + "/listen.json"
            let tool = try ToolProcess([
                "listen", "--server", service.url, "--key", RunningService.key, "--forward-to",
                receiver.url(), "--events", "thumbnail.completed", "--state", path, "--json",
            ])
            _ = try await tool.line("listening")
            _ = try await service.post("/v1/jobs?wait=55", .job("Slow"))
            let request = try #require(try await receiver.requests(atLeast: 1).first)
            tool.send(SIGINT)
            gate.open()

            #expect(try await tool.exit() == 0, "\(tool.standardError)")
            #expect(try await tool.line("received")["id"]?.string == request.headers["webhook-id"])
            #expect(try await tool.line("received")["forwarded"] == true)
            await receiver.stop()
        }

        @Test func `only events of the sessions and types that are wanted arrive`() async throws {
            let service = try await RunningService.start()
            let tool = try ToolProcess([
                "listen", "--server", service.url, "--key", RunningService.key, "--events",
                "thumbnail.completed", "--session", "wanted,too", "--chain", "default", "--count", "1",
                "--json",
            ])
            _ = try await tool.line("listening")

            _ = try await service.post("/v1/jobs?wait=55", .job("no", ["sessionId": "other"]))
            let wanted = try await service.post("/v1/jobs?wait=55", .job("yes", ["sessionId": "wanted"]))

            #expect(try await tool.exit() == 0, "\(tool.standardError)")
            #expect(try await tool.line("received")["payload"]?["data"]?["id"] == wanted.json["id"])
        }

        @Test func `forwards with the headers of a delivery, and sends a past event again`() async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver()
            let endpoint = try await service.subscribe(receiver.url("endpoint"))
            _ = try await service.post("/v1/jobs?wait=55", .job("Compared"))
            let delivery = try #require(try await receiver.requests(atLeast: 1).first)
            let id = try #require(delivery.headers["webhook-id"])

            let tool = try ToolProcess([
                "events", "resend", id, "--server", service.url, "--key", RunningService.key, "--forward-to",
                receiver.url("forwarded"), "--secret", endpoint.secret,
            ])

            #expect(try await tool.exit() == 0, "\(tool.standardError)")
            let forwarded = try #require(receiver.requests.last)
            #expect(forwarded.path == "/forwarded")
            #expect(forwarded.body == delivery.body)
            #expect(throws: Never.self) { try forwarded.verify(secret: endpoint.secret) }
            let own: Set = ["webhook-timestamp", "webhook-signature", "host"]
            #expect(Self.fields(forwarded, but: own) == Self.fields(delivery, but: own))
            await receiver.stop()
        }

        @Test func `says of an event that is not there that it is not`() async throws {
            let service = try await RunningService.start()
            let words = ["--server", service.url, "--key", RunningService.key]

            for id in ["evt_01kajy4q310rvzkq2j8c5s6d9f", "evt_", "nonsense"] {
                let tool = try ToolProcess(["events", "show", id] + words)
                #expect(try await tool.exit() == 1)
                #expect(tool.standardError.contains("has no event \(id)"), "\(tool.standardError)")
            }
        }

        private static func fields(_ request: Request, but own: Set<String>) -> [String: String] {
            Dictionary(
                request.headers.fields.map { ($0.name.lowercased(), $0.value) }
                    .filter { !own.contains($0.0) }, uniquingKeysWith: { first, _ in first })
        }
    }
}
