import Documents
import HTTP
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

/// One receiver never holds up another.
@Suite(.timeLimit(.minutes(10)))
struct IsolationTests {
    /// Few enough for a process with 1 024 descriptors, of which each takes two here; the benchmark has a thousand.
    @Test func `far more deliveries that hang than there are places hold up nobody`() async throws {
        try await Fixture.use { fixture in
            for number in 1...30 {
                fixture.receiver.hang("/hung\(number)")
                let (hung, _) = try await fixture.addEndpoint("hung\(number)")
                for _ in 1...8 { try await fixture.emit(to: hung) }
            }
            let dispatcher = try fixture.dispatcher {
                $0.deadline = .seconds(3_600)
                $0.maximumInFlight = 16
            }
            try await fixture.dispatching(dispatcher) {
                try await eventually { fixture.receiver.requestCount == 240 }
                let (healthy, _) = try await fixture.addEndpoint("healthy")
                for _ in 1...200 { try await fixture.emit(to: healthy) }

                try await eventually { fixture.receiver.requests("/healthy").count == 200 }

                let pending = DeliveryQuery(
                    account: fixture.account, target: .endpoint(healthy.id), status: .pending)
                try await eventually { try await fixture.store.deliveries(pending).items.isEmpty }
                #expect(fixture.receiver.requestCount == 440)
            }
        }
    }

    /// Jobs whose callbacks go to one path.
    private func accept(_ count: Int, callingBack path: String, in fixture: Fixture) async throws {
        let encoder = EventEncoder(document: JobDocument(publicURL: "http://127.0.0.1"))
        let callback = try Callback(url: fixture.receiver.url(path), events: [.queued])
        for _ in 1...count {
            let made = Job.make(account: fixture.account, callbackEvents: [.queued])
            let (job, event) = encoder.event(.queued, of: made, at: fixture.clock.now())
            try await fixture.store.accept(
                job, callback: callback.sealed(with: fixture.sealer), event: event)
        }
    }

    @Test func `callbacks to one host that hangs share a cap`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.hang("/hung")
            try await accept(200, callingBack: "/hung?x=1", in: fixture)
            let (healthy, _) = try await fixture.addEndpoint("healthy")
            try await fixture.dispatching(fixture.dispatcher { $0.maximumInFlightPerHost = 5 }) {
                try await eventually { fixture.receiver.requests("/hung").count == 5 }
                for _ in 1...50 { try await fixture.emit(to: healthy) }

                try await eventually { fixture.receiver.requests("/healthy").count == 50 }

                #expect(fixture.receiver.requests("/hung").count == 5)
            }
        }
    }

    @Test func `callbacks that were due before it began all go out at once`() async throws {
        try await Fixture.use { fixture in
            try await accept(1_500, callingBack: "/a", in: fixture)
            try await fixture.dispatching(fixture.dispatcher()) {
                try await eventually { fixture.receiver.requests("/a").count == 1_500 }
            }
        }
    }

    @Test func `an endpoint that hangs is soon left alone`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.hang("/a")
            let (hung, _) = try await fixture.addEndpoint("a")
            for _ in 1...50 { try await fixture.emit(to: hung) }
            try await fixture.dispatching(fixture.dispatcher { $0.deadline = .milliseconds(100) }) {
                try await eventually { try await fixture.stored(hung).health.restsUntil != nil }
                let (other, _) = try await fixture.addEndpoint("b")
                for _ in 1...20 { try await fixture.emit(to: other) }
                try await eventually { fixture.receiver.requests("/b").count == 20 }
            }
            #expect(fixture.receiver.requests("/a").count <= 16)
        }
    }

    @Test func `an endpoint gets its events at the rate that it asks for`() async throws {
        try await Fixture.use { fixture in
            let (slow, _) = try await fixture.addEndpoint("a") { $0.sending.ratePerSecond = 1 }
            let (other, _) = try await fixture.addEndpoint("b")
            for _ in 1...5 { try await fixture.emit(to: slow) }
            try await fixture.dispatching(fixture.dispatcher()) {
                for sent in 1...5 {
                    try await fixture.emit(to: other)
                    try await eventually { fixture.receiver.requests("/b").count == sent }
                    try await eventually { fixture.receiver.requests("/a").count >= sent }
                    #expect(fixture.receiver.requests("/a").count == sent)
                    fixture.clock.advance(by: .milliseconds(1_001))
                }
            }
        }
    }

    @Test func `an ordered endpoint gets one event after the other`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a") { $0.sending.isOrdered = true }
            let statuses = [200, 200, 500] + [Int](repeating: 200, count: 60)
            fixture.receiver.answer("/a", statuses: statuses)
            var events: [String] = []
            for _ in 1...60 { events.append(try await fixture.emit(to: endpoint).id.rawValue) }
            try await fixture.dispatching(fixture.dispatcher()) {
                try await eventually {
                    try await fixture.deliveries(to: endpoint, status: .pending).contains { $0.attempts == 1 }
                }
                #expect(fixture.receiver.requests("/a").count == 3)
                fixture.clock.advance(by: .seconds(5))
                try await eventually { fixture.receiver.requests("/a").count == 61 }
            }
            let sent = fixture.receiver.requests("/a").compactMap { $0.headers["webhook-id"] }
            #expect(sent == Array(events[..<3]) + Array(events[2...]))
        }
    }

    @Test func `a clock that is set back by a day stops nothing`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/a", statuses: [500, 200])
            let (endpoint, _) = try await fixture.addEndpoint("a")
            let (other, _) = try await fixture.addEndpoint("b")
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)
                fixture.clock.advance(by: .seconds(-86_400))
                try await fixture.emit(to: other)
                _ = try await fixture.delivery(to: other, after: 1)
                fixture.clock.advance(by: .seconds(5))

                #expect(try await fixture.delivery(to: endpoint, after: 2).status == .delivered)
            }
        }
    }

    @Test func `a clock that is set forward releases no more than may be under way`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.hang("/a")
            let (endpoint, _) = try await fixture.addEndpoint("a")
            let (other, _) = try await fixture.addEndpoint("b")
            try await fixture.dispatching(fixture.dispatcher()) {
                for _ in 1...50 { try await fixture.emit(to: endpoint) }
                try await eventually { fixture.receiver.requests("/a").count == 8 }
                fixture.clock.advance(by: .seconds(86_400))
                try await fixture.emit(to: other)
                _ = try await fixture.delivery(to: other, after: 1)

                #expect(fixture.receiver.requests("/a").count == 8)
            }
        }
    }

    @Test func `a delivery that was sent again has its schedule anew`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/a", statuses: [500])
            let (endpoint, _) = try await fixture.addEndpoint("a")
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)
                fixture.clock.advance(by: .seconds(5))
                let second = try await fixture.delivery(to: endpoint, after: 2)
                #expect(second.nextAttemptAt == fixture.clock.now() + .seconds(30))

                let now = fixture.clock.now()
                _ = try await fixture.store.resend(second.id, of: fixture.account, now: now)
                let third = try await fixture.delivery(to: endpoint, after: 3)

                #expect(third.nextAttemptAt == now + .seconds(5))
            }
        }
    }
}
