import HTTP
import Persistence
import SQLiteStore
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

@Suite(.timeLimit(.minutes(10)))
struct DispatcherTests {
    @Test func `delivers a signed event once and logs the attempt`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, secret) = try await fixture.addEndpoint("a")
            try await fixture.dispatching(fixture.dispatcher()) {
                let event = try await fixture.emit(to: endpoint)
                let delivery = try await fixture.delivery(to: endpoint, after: 1)

                #expect(delivery.status == .delivered)
                #expect(delivery.lastStatusCode == 200)
                let request = try #require(fixture.receiver.requests("/a").first)
                #expect(request.body == event.body)
                #expect(request.headers["webhook-id"] == event.id.rawValue)
                #expect(request.headers["content-type"] == "application/json")
                try StandardWebhooks.verify(
                    StandardWebhooks.SignedHeaders(request.headers), body: request.body,
                    secrets: [secret], now: fixture.clock.now().seconds)
            }
            #expect(fixture.receiver.requests("/a").count == 1)
            let attempt = try #require(try await fixture.attempts(to: endpoint).first)
            #expect(attempt.outcome == .answered(status: 200, bodyHead: ""))
            #expect(attempt.number == 1)
        }
    }

    @Test func `sends what was due before it started`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            for _ in 1...200 { try await fixture.emit(to: endpoint) }

            try await fixture.dispatching(fixture.dispatcher()) {
                try await eventually { fixture.receiver.requests("/a").count == 200 }
            }

            let ids = fixture.receiver.requests("/a").compactMap { $0.headers["webhook-id"] }
            #expect(Set(ids).count == 200)
            let pending = DeliveryQuery(account: fixture.account, status: .pending)
            #expect(try await fixture.store.deliveries(pending).items.isEmpty)
        }
    }

    @Test func `tries again by the ladder with the same id and a new timestamp`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, secret) = try await fixture.addEndpoint("a")
            fixture.receiver.answer("/a", statuses: [500, 404, 200])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                let start = fixture.clock.now()
                let first = try await fixture.delivery(to: endpoint, after: 1)
                #expect(first.status == .pending)
                #expect(first.nextAttemptAt == start + .seconds(5))

                fixture.clock.advance(by: .seconds(5))
                let second = try await fixture.delivery(to: endpoint, after: 2)
                #expect(second.nextAttemptAt == start + .seconds(35))

                fixture.clock.advance(by: .seconds(30))
                let third = try await fixture.delivery(to: endpoint, after: 3)
                #expect(third.status == .delivered)
            }
            let requests = fixture.receiver.requests("/a")
            #expect(Set(requests.map { $0.headers["webhook-id"] }).count == 1)
            #expect(Set(requests.map { $0.headers["webhook-timestamp"] }).count == 3)
            let last = try #require(requests.last)
            try StandardWebhooks.verify(
                StandardWebhooks.SignedHeaders(last.headers), body: last.body, secrets: [secret],
                now: fixture.clock.now().seconds)
        }
    }

    @Test func `gives up when the ladder is used up`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            fixture.receiver.answer("/a", statuses: [500])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                for number in 1...11 {
                    let delivery = try await fixture.delivery(to: endpoint, after: number)
                    #expect(delivery.status == (number == 11 ? .exhausted : .pending))
                    let next = delivery.nextAttemptAt ?? fixture.clock.now()
                    fixture.clock.advance(by: next - fixture.clock.now())
                }
            }
            #expect(fixture.receiver.requests("/a").count == 11)
            #expect(try await fixture.attempts(to: endpoint).map(\.number) == Array(1...11))
            #expect(fixture.logs.contains { $0.event == "webhook delivery exhausted" })
        }
    }

    @Test func `410 ends the delivery`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            fixture.receiver.answer("/a", statuses: [410])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                let delivery = try await fixture.delivery(to: endpoint, after: 1)

                #expect(delivery.status == .exhausted)
                #expect(delivery.nextAttemptAt == nil)
            }
        }
    }

    @Test func `Retry-After moves the next attempt back`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            fixture.receiver.answer("/a", statuses: [429], headers: ["retry-after": "600"])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                let delivery = try await fixture.delivery(to: endpoint, after: 1)

                #expect(delivery.nextAttemptAt == fixture.clock.now() + .seconds(600))
            }
        }
    }

    @Test(arguments: [301, 302, 307, 308])
    func `follows no redirect`(_ status: Int) async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            fixture.receiver.answer(
                "/a", statuses: [status], headers: ["location": fixture.receiver.url("/b")])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                let delivery = try await fixture.delivery(to: endpoint, after: 1)

                #expect(delivery.status == .pending)
                #expect(delivery.lastStatusCode == status)
            }
            #expect(fixture.receiver.requests("/b").isEmpty)
        }
    }

    @Test func `a blocked address is an attempt without a connection`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            try await fixture.dispatching(fixture.dispatcher(policy: .public)) {
                try await fixture.emit(to: endpoint)
                let delivery = try await fixture.delivery(to: endpoint, after: 1)

                #expect(delivery.status == .pending)
            }
            #expect(fixture.receiver.requests("/a").isEmpty)
            let attempt = try #require(try await fixture.attempts(to: endpoint).first)
            guard case .unanswered(let code, _) = attempt.outcome else {
                Issue.record("outcome is \(attempt.outcome)")
                return
            }
            #expect(code == "blocked_address")
        }
    }

    @Test func `a host that does not resolve and a refused connection are attempts`() async throws {
        try await Fixture.use { fixture in
            let closed = try Receiver()
            let closedURL = closed.url("/x")
            await closed.stop()
            let (unknown, _) = try await fixture.addEndpoint("u", url: "http://nowhere.invalid/")
            let (refused, _) = try await fixture.addEndpoint("r", url: closedURL)
            try await fixture.dispatching(fixture.dispatcher()) {
                for (endpoint, expected) in [(unknown, "dns_failure"), (refused, "connect_failed")] {
                    try await fixture.emit(to: endpoint)
                    _ = try await fixture.delivery(to: endpoint, after: 1)
                    let attempt = try #require(try await fixture.attempts(to: endpoint).first)
                    guard case .unanswered(let code, let message) = attempt.outcome else {
                        Issue.record("outcome is \(attempt.outcome)")
                        continue
                    }
                    #expect(code == expected)
                    #expect(!message.isEmpty)
                }
            }
        }
    }

    @Test func `userinfo in the URL becomes basic authentication and stays out of the request line`()
        async throws
    {
        try await Fixture.use { fixture in
            let url = "http://us%40er:p%3Ass@127.0.0.1:\(fixture.receiver.port)/a?x=1"
            let (endpoint, _) = try await fixture.addEndpoint("a", url: url)
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)
            }
            let request = try #require(fixture.receiver.requests("/a").first)
            #expect(request.headers["authorization"] == "Basic dXNAZXI6cDpzcw==")
            #expect(request.headers["host"] == "127.0.0.1:\(fixture.receiver.port)")
        }
    }
}
