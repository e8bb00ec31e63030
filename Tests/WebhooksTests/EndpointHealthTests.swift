import HTTP
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

/// What attempts do to their endpoint, from the answer to the events that others get.
@Suite(.timeLimit(.minutes(10)))
struct EndpointHealthTests {
    private func types(_ fixture: Fixture, _ path: String) -> [String] {
        fixture.receiver.requests(path).compactMap {
            (try? JSONValue(parsing: $0.body))?["type"]?.string
        }
    }

    @Test func `410 disables the endpoint, tells the others, and keeps what is pending`() async throws {
        try await Fixture.use { fixture in
            let (gone, _) = try await fixture.addEndpoint("a")
            try await fixture.addEndpoint("b") { $0.events = [.endpointDisabled, .deliveryExhausted] }
            fixture.receiver.answer("/a", statuses: [410, 200])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: gone)
                try await eventually { fixture.receiver.requests("/b").count == 2 }
                let stored = try await fixture.stored(gone)
                #expect(stored.status == .disabled)
                #expect(stored.disabledReason == "the receiver answered 410 Gone")
                #expect(Set(types(fixture, "/b")) == ["endpoint.disabled", "delivery.exhausted"])

                try await fixture.emit(to: gone)
                let (other, _) = try await fixture.addEndpoint("c")
                try await fixture.emit(to: other)
                _ = try await fixture.delivery(to: other, after: 1)
                #expect(try await fixture.deliveries(to: gone, status: .pending).map(\.attempts) == [0])

                _ = try await fixture.store.update(gone.id, of: fixture.account) { $0.status = .enabled }
                try await eventually { fixture.receiver.requests("/a").count == 2 }
            }
            #expect(fixture.logs.filter { $0.event == "webhook endpoint disabled" }.count == 1)
        }
    }

    @Test func `a receiver may disable itself with a success`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            fixture.receiver.answer("/a", statuses: [200], headers: ["webhook-delivery": "disable"])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                #expect(try await fixture.delivery(to: endpoint, after: 1).status == .delivered)
            }
            #expect(try await fixture.stored(endpoint).status == .disabled)
        }
    }

    @Test func `a receiver may end one delivery`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a")
            fixture.receiver.answer(
                "/a", statuses: [500], headers: ["Webhook-Delivery": "abort-message"])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                #expect(try await fixture.delivery(to: endpoint, after: 1).status == .exhausted)
            }
            #expect(try await fixture.stored(endpoint).status == .enabled)
        }
    }

    @Test func `Retry-After lets everything of the endpoint rest, and costs no attempt`() async throws {
        try await Fixture.use { fixture in
            let (busy, _) = try await fixture.addEndpoint("a")
            let (other, _) = try await fixture.addEndpoint("b")
            fixture.receiver.answer("/a", statuses: [503], headers: ["retry-after": "600"])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: busy)
                _ = try await fixture.delivery(to: busy, after: 1)
                fixture.receiver.answer("/a", statuses: [200])
                for _ in 1...20 { try await fixture.emit(to: busy) }
                try await fixture.emit(to: other)
                _ = try await fixture.delivery(to: other, after: 1)
                fixture.clock.advance(by: .seconds(599))
                for _ in 1...5 { try await fixture.emit(to: other) }
                try await eventually { fixture.receiver.requests("/b").count == 6 }

                #expect(fixture.receiver.requests("/a").count == 1)
                let pending = try await fixture.deliveries(to: busy, status: .pending)
                #expect(pending.map(\.attempts).sorted() == [Int](repeating: 0, count: 20) + [1])

                fixture.clock.advance(by: .seconds(1))
                try await eventually {
                    try await fixture.deliveries(to: busy, status: .delivered).count == 21
                }
            }
        }
    }

    @Test func `an endpoint that fails again and again rests, and then everything goes out`() async throws {
        try await Fixture.use { fixture in
            let (sick, _) = try await fixture.addEndpoint("a")
            fixture.receiver.answer("/a", statuses: [500])
            try await fixture.dispatching(fixture.dispatcher()) {
                for _ in 1...5 { try await fixture.emit(to: sick) }
                try await eventually { try await fixture.stored(sick).health.restsUntil != nil }
                for _ in 1...20 { try await fixture.emit(to: sick) }
                let (other, _) = try await fixture.addEndpoint("b")
                try await fixture.emit(to: other)
                _ = try await fixture.delivery(to: other, after: 1)
                let untouched = try await fixture.deliveries(to: sick, status: .pending)
                    .filter { $0.attempts == 0 }

                #expect(fixture.receiver.requests("/a").count == 5)
                #expect(untouched.count == 20)

                fixture.clock.advance(by: .seconds(30))
                try await eventually { fixture.receiver.requests("/a").count == 6 }
                try await eventually { try await fixture.stored(sick).health.strikes == 6 }
                fixture.receiver.answer("/a", statuses: [200])
                fixture.clock.advance(by: .seconds(60))
                try await eventually {
                    try await fixture.deliveries(to: sick, status: .delivered).count == 25
                }
            }
            #expect(try await fixture.stored(sick).health == Endpoint.Health())
            let events = fixture.logs.map(\.event)
            #expect(events.filter { $0 == "webhook endpoint rests" }.count == 2)
            #expect(events.filter { $0 == "webhook endpoint answers again" }.count == 1)
        }
    }

    @Test func `others hear once that an endpoint fails and once that it is back`() async throws {
        try await Fixture.use { fixture in
            let (sick, _) = try await fixture.addEndpoint("a", url: fixture.receiver.url("/a?hush=1"))
            try await fixture.addEndpoint("b") {
                $0.events = [.endpointFailing, .endpointRecovered, .deliveryExhausted]
            }
            fixture.receiver.answer("/a", statuses: [500, 500, 500, 500, 500, 200])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: sick)
                for attempts in 1...6 {
                    let delivery = try await fixture.delivery(to: sick, after: attempts)
                    guard let next = delivery.nextAttemptAt else { break }
                    fixture.clock.advance(by: next - fixture.clock.now())
                }
                try await eventually { fixture.receiver.requests("/b").count == 2 }
            }
            #expect(types(fixture, "/b") == ["endpoint.failing", "endpoint.recovered"])
            #expect(!"\(fixture.logs)".contains("hush"))
            for request in fixture.receiver.requests("/b") {
                #expect(!String(decoding: request.body, as: UTF8.self).contains("hush"))
            }
        }
    }

    @Test func `a delivery that is given up is told, one of such news is not`() async throws {
        try await Fixture.use { fixture in
            let none = [Duration]()
            let (sick, _) = try await fixture.addEndpoint("a") { $0.sending.rests = none }
            for name in ["b", "c"] {
                try await fixture.addEndpoint(name) {
                    $0.events = [.deliveryExhausted]
                    $0.sending.rests = none
                }
                fixture.receiver.answer("/\(name)", statuses: [500])
            }
            fixture.receiver.answer("/a", statuses: [500])
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: sick)
                try await eventually {
                    let query = DeliveryQuery(account: fixture.account, status: .exhausted)
                    return try await fixture.store.deliveries(query).items.count == 3
                }
            }
            #expect(types(fixture, "/b") == ["delivery.exhausted"])
            #expect(types(fixture, "/c") == ["delivery.exhausted"])
            #expect(
                try await fixture.store.events(EventQuery(account: fixture.account)).map(\.event.type)
                    == [.webhookTest, .deliveryExhausted])
        }
    }

    @Test func `a delivery that is sent again during its last attempt is not given up`() async throws {
        try await Fixture.use { fixture in
            let (released, gate) = AsyncStream<Never>.makeStream()
            fixture.receiver.answer("/a") { _ in
                for await _ in released {}
                return Response(status: 500)
            }
            let (endpoint, _) = try await fixture.addEndpoint("a") { $0.sending.rests = [] }
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                try await eventually { fixture.receiver.requests("/a").count == 1 }
                let delivery = try await fixture.delivery(to: endpoint)
                _ = try await fixture.store.resend(
                    delivery.id, of: fixture.account, now: fixture.clock.now())
                gate.finish()
                try await eventually { fixture.receiver.requests("/a").count == 2 }
                #expect(try await fixture.delivery(to: endpoint, after: 2).status == .exhausted)
            }
            let types = try await fixture.store.events(EventQuery(account: fixture.account)).map(\.event.type)
            #expect(types == [.webhookTest, .deliveryExhausted])
        }
    }

    @Test func `a pause holds back what was claimed before it, and loses nothing`() async throws {
        try await Fixture.use { fixture in
            let (released, gate) = AsyncStream<Never>.makeStream()
            fixture.receiver.answer("/a") { _ in
                for await _ in released {}
                return Response(status: 200)
            }
            let (endpoint, _) = try await fixture.addEndpoint("a")
            for _ in 1...30 { try await fixture.emit(to: endpoint) }
            try await fixture.dispatching(fixture.dispatcher()) {
                try await eventually { fixture.receiver.requests("/a").count == 8 }
                _ = try await fixture.store.update(endpoint.id, of: fixture.account) { $0.status = .paused }
                gate.finish()
                try await eventually {
                    try await fixture.deliveries(to: endpoint, status: .delivered).count >= 8
                }
                _ = try await fixture.store.update(endpoint.id, of: fixture.account) { $0.status = .enabled }
                fixture.clock.advance(by: Dispatcher.Configuration().lease + .seconds(1))

                try await eventually {
                    try await fixture.deliveries(to: endpoint, status: .delivered).count == 30
                }
            }
            let ids = fixture.receiver.requests("/a").compactMap { $0.headers["webhook-id"] }
            #expect(Set(ids).count == 30)
        }
    }

    @Test func `an expired endpoint is removed`() async throws {
        try await Fixture.use { fixture in
            let end = fixture.clock.now() + .seconds(30)
            let (endpoint, _) = try await fixture.addEndpoint("a") { $0.expiresAt = end }
            let (other, _) = try await fixture.addEndpoint("b")
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)
                fixture.clock.advance(by: .seconds(100))

                try await eventually {
                    try await fixture.store.endpoint(endpoint.id, of: fixture.account) == nil
                }
            }
            #expect(try await fixture.store.endpoint(other.id, of: fixture.account) != nil)
        }
    }
}
