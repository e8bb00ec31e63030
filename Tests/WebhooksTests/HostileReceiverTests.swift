import HTTP
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

@Suite(.timeLimit(.minutes(10)))
struct HostileReceiverTests {
    @Test func `one that hangs holds up nobody else`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.hang("/hung")
            let (hung, _) = try await fixture.addEndpoint("hung")
            var healthy: [Endpoint] = []
            for number in 1...99 { healthy.append(try await fixture.addEndpoint("h\(number)").0) }
            for _ in 1...300 { try await fixture.emit(to: hung) }
            try await fixture.dispatching(fixture.dispatcher { $0.maximumInFlight = 16 }) {
                try await eventually { fixture.receiver.requests("/hung").count == 8 }
                for endpoint in healthy { try await fixture.emit(to: endpoint) }

                try await eventually {
                    (1...99).allSatisfy { fixture.receiver.requests("/h\($0)").count == 1 }
                }

                #expect(fixture.receiver.requests("/hung").count == 8)
                #expect(try await fixture.attempts(to: hung).isEmpty)
            }
        }
    }

    @Test func `many that hang give up their places`() async throws {
        try await Fixture.use { fixture in
            for number in 1...20 {
                fixture.receiver.hang("/hung\(number)")
                try await fixture.emit(to: fixture.addEndpoint("hung\(number)").0)
            }
            let (healthy, _) = try await fixture.addEndpoint("healthy")
            let dispatcher = try fixture.dispatcher {
                $0.maximumInFlight = 4
                $0.slowAfter = .milliseconds(50)
            }
            try await fixture.dispatching(dispatcher) {
                try await fixture.emit(to: healthy)

                let delivery = try await fixture.delivery(to: healthy, after: 1)

                #expect(delivery.status == .delivered)
                try await eventually {
                    (1...20).allSatisfy { fixture.receiver.requests("/hung\($0)").count == 1 }
                }
            }
        }
    }

    @Test func `an answer that does not come in time is an attempt`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.hang("/a")
            let (endpoint, _) = try await fixture.addEndpoint("a")
            try await fixture.dispatching(fixture.dispatcher { $0.deadline = .milliseconds(200) }) {
                try await fixture.emit(to: endpoint)
                let delivery = try await fixture.delivery(to: endpoint, after: 1)

                #expect(delivery.nextAttemptAt == fixture.clock.now() + .seconds(5))
            }
            let attempt = try #require(try await fixture.attempts(to: endpoint).first)
            guard case .unanswered(let code, _) = attempt.outcome else {
                Issue.record("outcome is \(attempt.outcome)")
                return
            }
            #expect(code == "timeout")
            #expect(attempt.duration >= .milliseconds(200))
        }
    }

    @Test func `an endless body is cut and its beginning kept`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/a") { _ in
                let (stream, continuation) = AsyncStream<[UInt8]>.makeStream(
                    bufferingPolicy: .bufferingNewest(4))
                let pump = Task {
                    while !Task.isCancelled {
                        continuation.yield([UInt8](repeating: UInt8(ascii: "x"), count: 1_000))
                        await Task.yield()
                    }
                }
                continuation.onTermination = { _ in pump.cancel() }
                return Response(status: 200, body: .stream(stream))
            }
            let (endpoint, _) = try await fixture.addEndpoint("a")
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                let delivery = try await fixture.delivery(to: endpoint, after: 1)

                #expect(delivery.status == .delivered)
            }
            let outcome = try await fixture.attempts(to: endpoint).first?.outcome
            #expect(outcome == .answered(status: 200, bodyHead: String(repeating: "x", count: 2_048)))
        }
    }

    @Test func `what is not text is kept as text`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/a") { _ in
                Response(status: 500, body: .bytes([0x6E, 0x00, 0xFF, 0x6F] + Array("é".utf8)))
            }
            let (endpoint, _) = try await fixture.addEndpoint("a")
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)
            }
            let outcome = try await fixture.attempts(to: endpoint).first?.outcome
            #expect(outcome == .answered(status: 500, bodyHead: "n\u{FFFD}\u{FFFD}oé"))
        }
    }
}
