import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite(.timeLimit(.minutes(10)))
struct JobWaitTests {
    @Test func `answers as soon as the job ends`() async throws {
        try await withService { service in
            async let response = service.send(
                .post, "/v1/jobs", query: [("wait", "55")], body: #"{"title":"a"}"#)
            await until { service.clock.sleeperCount == 1 }
            try await service.engine.finish(.completed)
            let job = try await response
            #expect(job.status == 200)
            #expect(try job.json()["status"] == "completed")
        }
    }

    @Test func `answers what there is when the wait is over`() async throws {
        try await withService { service in
            async let response = service.send(
                .post, "/v1/jobs", headers: ["Prefer": "respond-async, wait=600"], body: #"{"title":"a"}"#)
            await until { service.clock.sleeperCount == 1 }
            service.clock.advance(by: .seconds(55))
            let job = try await response
            #expect(job.status == 202)
            #expect(try job.json()["status"] == "queued")
        }
    }

    @Test func `does not wait for a job that is finished`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            try await service.engine.finish(.failed)
            let job = try await service.send(.get, "/v1/jobs/\(id)", query: [("wait", "55")])
            #expect(try job.json()["status"] == "failed")
            #expect(service.clock.sleeperCount == 0)
        }
    }

    @Test func `stops waiting when the client is gone`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            let waiting = Task { try await service.send(.get, "/v1/jobs/\(id)", query: [("wait", "55")]) }
            await until { service.clock.sleeperCount == 1 }
            waiting.cancel()
            _ = try? await waiting.value
            #expect(service.clock.sleeperCount == 0)
        }
    }

    @Test(arguments: ["56", "-1", "soon", "1.5"])
    func `refuses waits that are not allowed`(wait: String) async throws {
        try await withService { service in
            let response = try await service.send(
                .post, "/v1/jobs", query: [("wait", wait)], body: #"{"title":"a"}"#)
            #expect(response.status == 422)
            #expect(try response.json()["detail"]?.string?.contains("0 to 55") == true)
            #expect(service.engine.submissions.isEmpty)
        }
    }
}

/// Returns once the condition holds; the test's own time limit ends a wait that is in vain.
func until(_ condition: @Sendable () -> Bool) async {
    while !condition() { await Task.yield() }
}
