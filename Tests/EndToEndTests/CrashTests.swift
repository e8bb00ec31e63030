import Glibc
import HTTP
import TestSupport
import Testing
import ThumbwireKit

extension EndToEnd {
    /// The process really dies here; what it promised must still happen.
    @Suite struct Crashes {
        @Test func `resumes a job whose process was killed in the middle of it`() async throws {
            let gate = Gate()
            let pictures = try PictureServer(
                ["a.jpg": .picture(try Pictures.jpeg(), "image/jpeg")], gate: gate)
            let receiver = try WebhookReceiver()
            let first = try await RunningService.startForLoopback()
            let endpoint = try await first.subscribe(receiver.url())

            let accepted = try await first.post(
                "/v1/jobs", .job("Survivor", ["sourceImageUrl": .string(pictures.url("a.jpg"))]))
            try await eventually("the job fetches its photo") { pictures.requestCount > 0 }
            try await first.tool.killAtOnce()
            gate.open()
            let second = try await RunningService.startForLoopback(on: first.folder)
            let id = try #require(accepted.json["id"]?.string)
            let job = try await second.finished(id)
            let webhook = try #require(try await receiver.requests(atLeast: 1).first)

            #expect(job["status"] == "completed", "\(job)")
            #expect(webhook.json["data"]?["id"] == .string(id))
            #expect(throws: Never.self) { try webhook.verify(secret: endpoint.secret) }
            await receiver.stop()
            await pictures.stop()
        }

        @Test func `delivers an event again under the same id when its process was killed meanwhile`()
            async throws
        {
            let hold = Gate()
            let receiver = try WebhookReceiver { number in
                if number == 0 { await hold.wait() }
                return 204
            }
            let first = try await RunningService.startForLoopback()
            let endpoint = try await first.subscribe(receiver.url())

            _ = try await first.post("/v1/jobs", .job("Deliver me"))
            _ = try await receiver.requests(atLeast: 1)
            try await first.tool.killAtOnce()
            let second = try await RunningService.startForLoopback(on: first.folder)
            let webhooks = try await receiver.requests(atLeast: 2)

            #expect(Set(webhooks.compactMap { $0.headers["webhook-id"] }).count == 1)
            #expect(webhooks[0].body == webhooks[1].body)
            #expect(throws: Never.self) { try webhooks[1].verify(secret: endpoint.secret) }
            try await eventually("the delivery is recorded") {
                let list = try await second.get("/v1/webhook-endpoints/\(endpoint.id)/deliveries")
                return list.json["data"]?.array?.first?["status"] == "delivered"
            }
            hold.open()
            await receiver.stop()
        }

        @Test func `loses no accepted job and no event over many kills`() async throws {
            let receiver = try WebhookReceiver()
            let folder = try TemporaryFolder()
            var service = try await RunningService.startForLoopback(on: folder)
            _ = try await service.subscribe(receiver.url())
            var accepted: Set<String> = []

            for round in 0..<4 {
                for number in 0..<4 {
                    let answer = try await service.post("/v1/jobs", .job("\(round).\(number)"))
                    accepted.insert(try #require(answer.json["id"]?.string))
                }
                try await service.tool.killAtOnce()
                service = try await RunningService.startForLoopback(on: folder)
            }
            for id in accepted {
                let job = try await service.finished(id)
                #expect(job["status"] == "completed", "\(job.prettyPrinted())")
            }

            try await eventually("an event for every job") {
                let told = receiver.requests.compactMap { $0.json["data"]?["id"]?.string }
                return accepted.isSubset(of: told)
            }
            await receiver.stop()
        }
    }

    /// Whatever job runs in a process with this fault ends it.
    @Suite struct Poison {
        private static let fault = ["THUMBWIRE_FAULT": "before-finish"]

        @Test func `sets a job aside that ends the process alone, and no neighbour of it`() async throws {
            let folder = try TemporaryFolder()
            let first = try await RunningService.start(on: folder)
            _ = try await first.post("/v1/chains/default/pause", ["reason": "until both are there"])
            var ids: [String] = []
            for title in ["Killer", "Neighbour"] {
                let accepted = try await first.post("/v1/jobs", .job(title))
                ids.append(try #require(accepted.json["id"]?.string))
            }
            first.tool.send(SIGTERM)
            try await first.tool.exit()

            let second = try await RunningService.start(on: folder, environment: Self.fault)
            // It may be gone before it answers.
            _ = try? await second.send(.post, "/v1/chains/default/resume")
            #expect(try await second.tool.exit() == 128 + SIGKILL)
            // Four more with both in hand, and one with the older job alone.
            for _ in 1...5 {
                let next = try ToolProcess(
                    ["serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data"],
                    environment: Self.fault, in: folder.path)
                #expect(try await next.exit() == 128 + SIGKILL)
            }
            let last = try await RunningService.start(on: folder)
            let killer = try await last.finished(ids[0])
            let neighbour = try await last.finished(ids[1])

            #expect(killer["error"]?["code"] == "job_poisoned", "\(killer.prettyPrinted())")
            #expect(neighbour["status"] == "completed", "\(neighbour.prettyPrinted())")
        }
    }

    @Suite struct Stopping {
        @Test func `ends with 0 on SIGTERM and keeps what it had accepted`() async throws {
            let service = try await RunningService.start()
            let accepted = try await service.post("/v1/jobs", .job("Later"))
            let id = try #require(accepted.json["id"]?.string)

            service.tool.send(SIGTERM)
            let code = try await service.tool.exit()
            let next = try await RunningService.start(on: service.folder)

            #expect(code == 0)
            #expect(try await next.finished(id)["status"] == "completed")
        }

        @Test func `writes exactly one line to standard output`() async throws {
            let service = try await RunningService.start()
            _ = try await service.post("/v1/jobs?wait=55", .job("Quiet"))

            service.tool.send(SIGINT)
            let code = try await service.tool.exit()

            #expect(code == 0)
            #expect(service.tool.standardOutput == "{\"event\":\"listening\",\"url\":\"\(service.url)\"}\n")
        }

        @Test func `refuses a data folder that another process has`() async throws {
            let service = try await RunningService.start()

            let second = try ToolProcess(
                ["serve", "--listen", "127.0.0.1:0", "--data", service.folder.path + "/data"])
            let code = try await second.exit()

            #expect(code == 1)
            #expect(second.standardError.contains("/data"))
        }
    }
}
