import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

@Suite(.timeLimit(.minutes(10)))
struct DeliveryMetricsTests {
    private func lines(_ metrics: Metrics) -> [Substring] {
        String(decoding: metrics.text([]), as: UTF8.self).split(separator: "\n")
    }

    @Test func `attempts are counted by their answers, deliveries by how they ended`() async throws {
        try await Fixture.use { fixture in
            let metrics = Metrics()
            let (endpoint, _) = try await fixture.addEndpoint("a")
            fixture.receiver.answer("/a", statuses: [500, 200])
            try await fixture.dispatching(fixture.dispatcher(metrics: metrics)) {
                try await fixture.emit(to: endpoint)
                let first = try await fixture.delivery(to: endpoint, after: 1)
                let next = try #require(first.nextAttemptAt)
                fixture.clock.advance(by: next - fixture.clock.now())
                _ = try await fixture.delivery(to: endpoint, after: 2)
            }

            let lines = lines(metrics)
            for line in [
                #"thumbwire_delivery_attempts_total{status="5xx"} 1"#,
                #"thumbwire_delivery_attempts_total{status="2xx"} 1"#,
                #"thumbwire_delivery_attempts_total{status="none"} 0"#,
                "thumbwire_delivery_attempt_duration_seconds_count 2",
                #"thumbwire_deliveries_total{outcome="delivered"} 1"#,
                #"thumbwire_deliveries_total{outcome="exhausted"} 0"#,
                "thumbwire_delivery_latency_seconds_count 1",
            ] {
                #expect(lines.contains(Substring(line)), "\(line)")
            }
        }
    }

    @Test func `lines about an attempt name the job and the request that made it`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, _) = try await fixture.addEndpoint("a") { $0.events = [.queued] }
            fixture.receiver.answer("/a", statuses: [500])
            var job = Job.make(account: fixture.account)
            job.requestID = "req-3"
            try await fixture.store.accept(job, callback: nil, event: .make(.queued, of: job))
            try await fixture.dispatching(fixture.dispatcher()) {
                _ = try await fixture.delivery(to: endpoint, after: 1)
            }

            let entry = try #require(fixture.logs.first { $0.event == "webhook attempt failed" })
            #expect(entry.fields["request"] == "req-3")
            #expect(entry.fields["job"] == .string(job.id.rawValue))
            #expect(entry.fields["account"] == .string(fixture.account.rawValue))
            #expect(entry.fields["status"] == 500)
        }
    }
}
