import HTTP
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct NativeJobs {
        @Test func `answers 200 with the finished job when it is done within the wait`() async throws {
            let service = try await RunningService.start()

            let answer = try await service.post(
                "/v1/jobs?wait=55", .job("Wait for me", ["metadata": ["video": "abc"]]))

            #expect(answer.status == 200)
            #expect(answer.json["status"] == "completed")
            #expect(answer.json["metadata"]?["video"] == "abc")
            #expect(answer.json["outputs"]?.array?.count == 1)
        }

        @Test func `sends a callback exactly one event per job`() async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver()

            for name in ["first", "second"] {
                let body = JSONValue.job("Call me", ["callbackUrl": .string(receiver.url(name))])
                let id = try #require(try await service.post("/v1/jobs", body).json["id"]?.string)
                _ = try await service.finished(id)
                try await eventually("the callback of \(name) is answered") {
                    try await service.get("/v1/jobs/\(id)").json["callback"]?["lastStatus"] == 204
                }
            }

            #expect(receiver.requests.map(\.path) == ["/first", "/second"])
            #expect(receiver.requests.allSatisfy { $0.json["type"] == "thumbnail.completed" })
            await receiver.stop()
        }

        @Test func `cancels a running job and says so in one webhook`() async throws {
            let gate = Gate()
            let pictures = try PictureServer([:], gate: gate)
            let receiver = try WebhookReceiver()
            let service = try await RunningService.startForLoopback()
            _ = try await service.subscribe(receiver.url())
            let accepted = try await service.post(
                "/v1/jobs", .job("Stop me", ["sourceImageUrl": .string(pictures.url("a.jpg"))]))
            let id = try #require(accepted.json["id"]?.string)
            try await eventually("the job fetches its photo") { pictures.requestCount > 0 }

            let tool = try ToolProcess([
                "jobs", "cancel", id, "--server", service.url, "--key", RunningService.key,
            ])
            let code = try await tool.exit()
            let job = try await service.finished(id)
            gate.open()
            let webhook = try #require(try await receiver.requests(atLeast: 1).first)

            #expect(code == 0, "\(tool.standardError)")
            #expect(job["status"] == "cancelled")
            #expect(webhook.json["type"] == "thumbnail.cancelled")
            await receiver.stop()
            await pictures.stop()
        }

        @Test func `lists jobs newest first`() async throws {
            let service = try await RunningService.start()
            var ids: [String] = []
            for title in ["one", "two", "three"] {
                let answer = try await service.post("/v1/jobs?wait=55", .job(title))
                ids.append(try #require(answer.json["id"]?.string))
            }

            let list = try await service.get("/v1/jobs?limit=2")

            #expect(list.json["data"]?.array?.compactMap { $0["id"]?.string } == [ids[2], ids[1]])
        }

        @Test(arguments: [
            "10 idées 🚀 für 🧑‍💻", "عشر حيل إنتاجية للمطورين", "十个开发者效率技巧", "<b>&amp; \"quotes\" </b>", "x",
            String(repeating: "Long title ", count: 27) + "end",
        ])
        func `draws any title`(_ title: String) async throws {
            let service = try await RunningService.start()

            let answer = try await service.post("/v1/jobs?wait=55", .job(title))

            #expect(answer.json["status"] == "completed", "\(answer.text)")
            #expect(answer.json["request"]?["title"] == .string(title))
        }
    }
}
