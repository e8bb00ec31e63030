import Glibc
import TestSupport
import Testing
import ThumbwireKit

extension EndToEnd {
    /// The real binary dies at every point of the provider step, while the other side counts what was bought.
    @Suite(.timeLimit(.minutes(10))) struct Purchases {
        struct Ending {
            var point: String
            /// True where the job completes after the restart.
            var completes: Bool
            var creates: Int
        }

        /// As `FaultPoint` names them.
        static func endings(_ kind: PaidService.Kind) -> [Ending] {
            let always = [
                Ending(point: "before-intent", completes: true, creates: 1),
                Ending(point: "after-intent", completes: false, creates: 0),
                Ending(point: "before-call", completes: false, creates: 0),
                Ending(point: "after-answer", completes: false, creates: 1),
                Ending(point: "after-artifacts", completes: kind.givesTickets, creates: 1),
                Ending(point: "after-result", completes: true, creates: 1),
                Ending(point: "before-finish", completes: true, creates: 1),
                Ending(point: "after-finish", completes: true, creates: 1),
            ]
            let polling = ["after-ticket", "before-poll", "after-poll"].map {
                Ending(point: $0, completes: true, creates: 1)
            }
            return kind.givesTickets ? always + polling : always
        }

        @Test(arguments: PaidService.Kind.allCases)
        func `nothing is bought twice and nothing that reached us is lost, wherever it dies`(
            kind: PaidService.Kind
        ) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, ending) in Self.endings(kind).enumerated() {
                    // Half of their time they wait for the next poll; more at a time would only slow each other.
                    if number >= 6 { try await group.next() }
                    group.addTask { try await die(at: ending, kind) }
                }
                try await group.waitForAll()
            }
        }

        private func die(at ending: Ending, _ kind: PaidService.Kind) async throws {
            let paid = try await PaidService(kind)
            let first = try await paid.start(fault: ending.point)
            try await paid.submit(to: first)
            let code = try await first.tool.exit()
            let second = try await paid.start()
            let jobs = try await paid.endedJobs(of: second)

            #expect(code == 128 + SIGKILL, "\(ending.point)")
            #expect(jobs.count == 1, "\(ending.point)")
            let job = try #require(jobs.first)
            #expect(
                job["status"] == (ending.completes ? "completed" : "failed"),
                "\(ending.point): \(job.prettyPrinted())")
            #expect(
                job["error"]?["code"]?.string == (ending.completes ? nil : "provider_outcome_unknown"),
                "\(ending.point)")
            #expect(try await paid.creates().creates == ending.creates, "\(ending.point)")
            second.tool.send(SIGTERM)
            #expect(try await second.tool.exit() == 0)
        }

        @Test(arguments: PaidService.Kind.allCases)
        func `lost answers are unknown outcomes, as many as the other side counts`(
            kind: PaidService.Kind
        ) async throws {
            let paid = try await PaidService(kind)
            try await paid.simulators.script(kind.create, [.lostAnswer, nil, .cutBody, nil])
            let service = try await paid.start()

            for number in 0..<4 { try await paid.submit(to: service, title: "Job \(number)") }
            let jobs = try await paid.endedJobs(of: service)

            let counts = try await paid.creates()
            let unknown = jobs.count { $0["error"]?["code"] == "provider_outcome_unknown" }
            #expect(jobs.count == 4)
            #expect(counts.creates == 4)
            #expect(unknown == counts.createsLost)
            #expect(unknown == 2)
            #expect(jobs.count { $0["status"] == "completed" } == 2)
        }

        @Test func `an endpoint that asks for it hears how far the provider is`() async throws {
            let paid = try await PaidService(.opus)
            try await paid.simulators.configure(.opus, ["polls_before_done": 1])
            let service = try await paid.start()
            let receiver = try WebhookReceiver()
            let types: JSONValue = ["thumbnail.progress", "thumbnail.completed"]
            let endpoint: JSONValue = ["url": .string(receiver.url()), "events": types]
            #expect(try await service.post("/v1/webhook-endpoints", endpoint).status == 201)

            try await paid.submit(to: service)
            let told = try await receiver.requests(atLeast: 2).map(\.json)

            #expect(told.map { $0["type"] } == ["thumbnail.progress", "thumbnail.completed"])
            #expect(told.first?["data"]?["status"] == "generating")
            // Half of Opus's work, which is from 5 to 50 of the job.
            #expect(told.first?["data"]?["progress"] == ["step": "paid", "percent": 27])
            #expect(try await paid.creates().creates == 1)
            await receiver.stop()
        }

        @Test func `a fault that does not exist keeps the service from starting`() async throws {
            let folder = try TemporaryFolder()

            let tool = try ToolProcess(
                ["serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data"],
                environment: ["THUMBWIRE_FAULT": "before-intnet"], in: folder.path)
            let code = try await tool.exit()

            #expect(code == 1)
            #expect(tool.standardError.contains("did you mean \"before-intent\"?"))
        }

        @Test func `SIGTERM during a slow order waits for its answer`() async throws {
            let paid = try await PaidService(.soke)
            try await paid.simulators.hold(paid.kind.create, .after)
            let first = try await paid.start()
            try await paid.submit(to: first)
            try await paid.simulators.waitForCreates(paid.kind.create, 1)

            first.tool.send(SIGTERM)
            try await eventually("it drains") { first.tool.standardError.contains("stopping") }
            try await paid.simulators.release(paid.kind.create)
            let code = try await first.tool.exit()
            let second = try await paid.start()
            let job = try #require(try await paid.endedJobs(of: second).first)

            #expect(code == 0)
            #expect(job["status"] == "completed", "\(job.prettyPrinted())")
            #expect(try await paid.creates().creates == 1)
        }

        @Test func `a second SIGTERM ends it at once, and the order is not repeated`() async throws {
            let paid = try await PaidService(.soke)
            try await paid.simulators.hold(paid.kind.create, .after)
            let first = try await paid.start()
            try await paid.submit(to: first)
            try await paid.simulators.waitForCreates(paid.kind.create, 1)

            first.tool.send(SIGTERM)
            try await eventually("it drains") { first.tool.standardError.contains("stopping") }
            first.tool.send(SIGTERM)
            let code = try await first.tool.exit()
            try await paid.simulators.release(paid.kind.create)
            let second = try await paid.start()
            let job = try #require(try await paid.endedJobs(of: second).first)

            #expect(code == 128 + SIGTERM)
            #expect(job["error"]?["code"] == "provider_outcome_unknown")
            #expect(try await paid.creates().creates == 1)
        }
    }
}
