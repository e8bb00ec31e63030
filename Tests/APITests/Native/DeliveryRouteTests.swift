import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

struct DeliveryRouteTests {
    private let path = "/v1/webhook-endpoints"

    @Test func `deliveries are chosen by status, type, job, answer and time`() async throws {
        try await withService { service in
            let (endpoint, jobs) = try await history(service)
            for list in ["/v1/deliveries", "\(path)/\(endpoint)/deliveries"] {
                func found(_ query: (String, String)...) async throws -> [String?] {
                    let answer = try await service.send(.get, list, query: query).json()
                    return (answer["data"]?.array ?? []).map { $0["type"]?.string }
                }
                #expect(try await found().count == 3)
                #expect(try await found(("status", "exhausted")) == ["thumbnail.failed"])
                #expect(try await found(("status", "delivered")).count == 1)
                #expect(try await found(("type", "thumbnail.failed,thumbnail.cancelled")).count == 2)
                #expect(try await found(("jobId", jobs[0])) == ["thumbnail.completed"])
                #expect(try await found(("statusCode", "5xx")) == ["thumbnail.failed"])
                #expect(try await found(("statusCode", "503")) == ["thumbnail.failed"])
                #expect(try await found(("statusCode", "200-299")) == ["thumbnail.completed"])
                #expect(try await found(("since", "2099-01-01T00:00:00Z")).isEmpty)
                #expect(try await found(("until", "2099-01-01T00:00:00Z")).count == 3)
                let first = try await service.send(.get, list, query: [("limit", "2")]).json()
                let next = try #require(first["next"]?.string)
                #expect(try await found(("cursor", next)) == ["thumbnail.completed"])
            }
            let foreign = try await service.send(.get, "/v1/deliveries", key: Service.otherKey).json()
            #expect(foreign["data"] == [])
        }
    }

    @Test func `attempts are chosen by answer, error, duration and time`() async throws {
        try await withService { service in
            let (endpoint, _) = try await history(service)
            func found(_ query: (String, String)...) async throws -> [JSONValue] {
                let answer = try await service.send(.get, "\(path)/\(endpoint)/attempts", query: query).json()
                return answer["data"]?.array ?? []
            }
            let all = try await found()
            #expect(all.count == 3)
            #expect(all.allSatisfy { $0["deliveryId"]?.string?.hasPrefix("dlv_") == true })
            #expect(try await found(("statusCode", "5xx")).map { $0["status"] } == [503])
            #expect(
                try await found(("error", "timeout")).map { $0["error"]?["code"] } == ["timeout"])
            #expect(try await found(("minDurationMs", "5000")).map { $0["durationMs"] } == [15_000])
            #expect(try await found(("until", "2026-01-01T00:00:00Z")).isEmpty)
            #expect(try await found(("limit", "1")).count == 1)
        }
    }

    @Test(arguments: [
        ("statusCode", "600"), ("statusCode", "6xx"), ("statusCode", "500-400"), ("statusCode", "4xx-5xx"),
        ("statusCode", ""), ("since", "yesterday"), ("until", "1"), ("limit", "0"),
    ])
    func `names what is wrong with a query`(name: String, value: String) async throws {
        try await withService { service in
            let (endpoint, _) = try await history(service)
            for list in ["/v1/deliveries", "\(path)/\(endpoint)/deliveries", "\(path)/\(endpoint)/attempts"] {
                let refused = try await service.send(.get, list, query: [(name, value)])
                #expect(refused.status == 422)
                #expect(try refused.json()["code"] == "query_invalid")
                #expect(try refused.json()["detail"]?.string?.hasPrefix(name) == true)
            }
        }
    }

    @Test func `sends a delivery again, delivered or not`() async throws {
        try await withService { service in
            let (endpoint, _) = try await history(service)
            let list = try await service.send(
                .get, "/v1/deliveries", query: [("status", "delivered")]
            ).json()
            let id = try #require(list["data"]?.array?.first?["id"]?.string)
            let foreign = try await service.send(
                .post, "/v1/deliveries/\(id)/resend", key: Service.otherKey)
            let resent = try await service.send(.post, "/v1/deliveries/\(id)/resend")
            #expect(foreign.status == 404)
            #expect(resent.status == 202)
            #expect(try resent.json()["status"] == "pending")
            #expect(try resent.json()["nextAttemptAt"]?.string == service.clock.now().description)

            _ = try await service.send(.patch, "\(path)/\(endpoint)", body: #"{"status":"disabled"}"#)
            let disabled = try await service.send(.post, "/v1/deliveries/\(id)/resend")
            #expect(disabled.status == 409)
            _ = try await service.send(.delete, "\(path)/\(endpoint)")
            #expect(try await service.send(.post, "/v1/deliveries/\(id)/resend").status == 404)
        }
    }

    /// An endpoint with a delivery that succeeded, one that was given up and one that waits; and their jobs.
    private func history(_ service: Service) async throws -> (endpoint: String, jobs: [String]) {
        let made = try await service.send(.post, path, body: #"{"url":"https://93.184.215.14/hook"}"#)
        let endpoint = try #require(try made.json()["id"]?.string)
        var jobs: [String] = []
        let outcomes: [(JobState, Attempt.Outcome, Duration, AttemptResult.Consequence)] = [
            (.completed, .answered(status: 200, bodyHead: ""), .milliseconds(20), .delivered),
            (.failed, .answered(status: 503, bodyHead: ""), .milliseconds(30), .exhausted),
            (
                .failed, .unanswered(code: "timeout", message: "out of time"), .seconds(15),
                .retry(at: service.clock.now() + .seconds(60))
            ),
        ]
        for (state, outcome, duration, consequence) in outcomes {
            jobs.append(try await service.makeJob())
            try await service.engine.finish(state)
            let now = service.clock.now()
            let due = try await service.store.claimDeliveries(
                limit: 1, busy: [], leaseUntil: now + .seconds(30), now: now)
            let attempt = Attempt.make(
                delivery: try #require(due.first).delivery.id, startedAt: now, duration: duration,
                outcome: outcome)
            try await service.store.record([AttemptResult(attempt: attempt, consequence: consequence)])
            service.clock.advance(by: .seconds(1))
        }
        return (endpoint, jobs)
    }
}
