import Foundation
import HTTP
import TestSupport
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct WebhookCommands {
        @Test func `makes endpoints with what options ask for, pauses, shows and deletes them`() async throws
        {
            let service = try await RunningService.startForLoopback()

            let made = try await service.json(
                [
                    "webhooks", "create", "--url", "http://127.0.0.1:9/x", "--events", "thumbnail.completed",
                    "--description", "options", "--metadata", "source=cms", "--header", "X-Token: s3cret",
                    "--rests", "10s,1m", "--max-in-flight", "2", "--rate", "2.5", "--ordered",
                ])
            let id = try #require(made["id"]?.string)
            let paused = try await service.json(["webhooks", "pause", id])
            let shown = try await service.json(["webhooks", "show", id])
            let secret = try await service.json(["webhooks", "secret", id])
            let resumed = try await service.json(["webhooks", "resume", id])
            let deleted = try await service.json(["webhooks", "delete", id])

            #expect(paused["status"] == "paused")
            #expect(shown["description"] == "options")
            #expect(shown["events"] == ["thumbnail.completed"])
            #expect(shown["filters"]?["metadata"] == ["source": "cms"])
            #expect(shown["headers"] == ["X-Token"])
            #expect(shown["retry"]?["rests"] == [10, 60])
            #expect(shown["maxInFlight"] == 2)
            #expect(shown["ratePerSecond"]?.number == 2.5)
            #expect(shown["ordered"] == true)
            #expect(secret["secret"] == made["secret"])
            #expect(resumed["status"] == "enabled")
            #expect(deleted["deleted"] == true)
        }

        @Test func `says that an endpoint was there already and did not change`() async throws {
            let service = try await RunningService.startForLoopback()
            let endpoint = try await service.subscribe("http://127.0.0.1:9/x")

            let again = try ToolProcess(
                ["webhooks", "create", "--url", "http://127.0.0.1:9/x", "--ordered"],
                environment: ["THUMBWIRE_SERVER": service.url, "THUMBWIRE_KEY": RunningService.key])

            #expect(try await again.exit() == 0)
            #expect(again.standardOutput.contains(endpoint.id))
            #expect(again.standardError.contains("was there already; it stays as it is"))
        }

        @Test(arguments: ["0", "inf", "1e999", "nan"])
        func `refuses a rate that is no number above 0`(rate: String) async throws {
            let tool = try ToolProcess(
                ["webhooks", "create", "--url", "http://127.0.0.1:9/x", "--rate", rate, "--key", "unused"])

            #expect(try await tool.exit() == 2)
            #expect(tool.standardError.contains("option --rate must be a number above 0"))
        }

        @Test func `rotates a secret, sends a test, and sends again what was sent`() async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver()
            let endpoint = try await service.subscribe(receiver.url())

            let rotated = try await service.json(
                ["webhooks", "rotate-secret", endpoint.id, "--overlap", "1h"])
            let tested = try await service.json(
                ["webhooks", "test", endpoint.id, "--type", "thumbnail.failed"])
            _ = try await receiver.requests(atLeast: 1)
            let attempt = try await eventually("an attempt is listed") {
                try await service.json(["webhooks", "attempts", endpoint.id, "--status-code", "2xx"])["data"]?
                    .array?.first
            }
            let delivery = try await service.json(["deliveries", "list", "--type", "thumbnail.failed"])
            let id = try #require(delivery["data"]?.array?.first?["id"]?.string)
            _ = try await service.json(["deliveries", "resend", id])
            let requests = try await receiver.requests(atLeast: 2)
            let recovered = try await service.json(["webhooks", "recover", endpoint.id, "--since", "1h"])
            let types = try await service.json(["events", "types"])

            #expect(rotated["secret"]?.string != endpoint.secret)
            #expect(tested["type"] == "thumbnail.failed")
            #expect(attempt["status"] == 204)
            #expect(
                requests.map { $0.headers["webhook-id"] } == [
                    tested["eventId"]?.string, tested["eventId"]?.string,
                ])
            #expect(recovered["count"] == 0)
            #expect(types["data"]?.array?.contains { $0["type"] == "delivery.exhausted" } == true)
            await receiver.stop()
        }

        @Test func `lists events and deliveries and shows one of each`() async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver()
            let endpoint = try await service.subscribe(receiver.url())
            let job = try await service.post("/v1/jobs?wait=55", .job("Listed"))
            let id = try #require(job.json["id"]?.string)
            _ = try await receiver.requests(atLeast: 1)

            let events = try await service.json(["events", "list", "--job", id, "--since", "1h"])
            let last = try #require(events["data"]?.array?.last?["id"]?.string)
            let event = try await service.json(["events", "show", last])
            let deliveries = try await service.json(["webhooks", "deliveries", endpoint.id])
            let delivery = try #require(deliveries["data"]?.array?.first?["id"]?.string)
            let shown = try await service.json(["deliveries", "show", delivery])

            #expect(events["data"]?.array?.first?["type"] == "thumbnail.queued")
            #expect(event == events["data"]?.array?.last)
            #expect(shown["eventId"]?.string == last)
            #expect(shown["attemptList"]?.array != nil)
            await receiver.stop()
        }

        @Test func `declares the endpoints of a file, or says all that is wrong with it`() async throws {
            let folder = try TemporaryFolder()
            let path = folder.path + "/endpoints.json"
            try Data(
                #"""
                {"endpoints":[{"url":"http://127.0.0.1:9/s3cret","secret":"${env:NO_SUCH_SECRET}"},
                  {"url":"https://93.184.215.14/b","event":["thumbnail.completed"]}]}
                """#.utf8
            ).write(to: URL(fileURLWithPath: path))

            let broken = try ToolProcess([
                "serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data", "--webhooks", path,
            ])
            #expect(try await broken.exit() == 1)
            #expect(broken.standardError.contains("endpoints[0].secret: the environment variable NO_SUCH"))
            #expect(
                broken.standardError.contains("endpoints[1].event: is not a field; did you mean \"events\""))

            let text = #"{"endpoints":[{"url":"http://127.0.0.1:9/s3cret","description":"local"}]}"#
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let blocked = try ToolProcess([
                "serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data", "--webhooks", path,
            ])
            #expect(try await blocked.exit() == 1)
            #expect(blocked.standardError.contains("endpoints[0].url"))
            #expect(blocked.standardError.contains("--allow-private-webhooks"))

            let service = try await RunningService.start(
                "--webhooks", path, "--allow-private-webhooks", "127.0.0.1")
            let listed = try await service.get("/v1/webhook-endpoints").json
            #expect(listed["data"]?.array?.map { $0["description"] } == ["local"])
        }
    }
}
