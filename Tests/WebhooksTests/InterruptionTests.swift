import HTTP
import Persistence
import SQLiteStore
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

@Suite(.timeLimit(.minutes(10)))
struct InterruptionTests {
    @Test func `what was sent and not written is sent again with the same id`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.hang("/a")
            let (endpoint, _) = try await fixture.addEndpoint("a")
            let event = try await fixture.emit(to: endpoint)
            try await fixture.dispatching(fixture.dispatcher()) {
                try await eventually { fixture.receiver.requests("/a").count == 1 }
            }
            #expect(try await fixture.attempts(to: endpoint).isEmpty)
            try await fixture.reopenStore()
            fixture.receiver.answer("/a", statuses: [200])

            try await fixture.dispatching(fixture.dispatcher()) {
                let delivery = try await fixture.delivery(to: endpoint, after: 1)

                #expect(delivery.status == .delivered)
            }

            let ids = fixture.receiver.requests("/a").map { $0.headers["webhook-id"] }
            #expect(ids == [event.id.rawValue, event.id.rawValue])
        }
    }

    @Test func `a retry survives a restart`() async throws {
        try await Fixture.use { fixture in
            fixture.receiver.answer("/a", statuses: [503, 200])
            let (endpoint, _) = try await fixture.addEndpoint("a")
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)
            }
            try await fixture.reopenStore()

            try await fixture.dispatching(fixture.dispatcher()) {
                #expect(try await fixture.delivery(to: endpoint).attempts == 1)
                fixture.clock.advance(by: .seconds(5))
                let delivery = try await fixture.delivery(to: endpoint, after: 2)

                #expect(delivery.status == .delivered)
            }
        }
    }

    @Test func `a stop lets an attempt under way finish and writes it`() async throws {
        try await Fixture.use { fixture in
            let (released, gate) = AsyncStream<Never>.makeStream()
            fixture.receiver.answer("/a") { _ in
                for await _ in released {}
                return Response(status: 200)
            }
            let (endpoint, _) = try await fixture.addEndpoint("a")
            try await fixture.emit(to: endpoint)
            let dispatcher = try fixture.dispatcher { $0.grace = .seconds(60) }
            let running = Task { await dispatcher.run() }
            try await eventually { fixture.receiver.requests("/a").count == 1 }

            running.cancel()
            gate.finish()
            await running.value

            #expect(try await fixture.delivery(to: endpoint).status == .delivered)
        }
    }

    @Test func `a delivery whose lease ended without an attempt is claimed again`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            try await fixture.emit(to: endpoint)
            let now = fixture.clock.now()
            let claimed = try await fixture.store.claimDeliveries(
                limit: 1, busy: [], leaseUntil: now + .seconds(20), now: now)
            #expect(claimed.count == 1)
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)

                fixture.clock.advance(by: .seconds(3_600))

                try await eventually { fixture.receiver.requests("/a").count == 2 }
            }
        }
    }

    @Test func `a paused endpoint keeps its events until it is resumed`() async throws {
        try await Fixture.use { fixture in
            var (endpoint, _) = try await fixture.addEndpoint("a")
            let (other, _) = try await fixture.addEndpoint("b")
            endpoint.status = .paused
            #expect(try await fixture.store.update(endpoint))
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                try await fixture.emit(to: other)
                _ = try await fixture.delivery(to: other, after: 1)
                #expect(fixture.receiver.requests("/a").isEmpty)

                endpoint.status = .enabled
                #expect(try await fixture.store.update(endpoint))

                #expect(try await fixture.delivery(to: endpoint, after: 1).status == .delivered)
            }
        }
    }
}
