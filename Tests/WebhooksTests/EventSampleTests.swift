import Documents
import Foundation
import Testing
import ThumbwireKit

/// The golden samples under `webhooks/events/` are what the encoder makes. To write them anew after a change of the
/// documents, run these tests with `THUMBWIRE_WRITE_SAMPLES=1`.
struct EventSampleTests {
    private static let encoder = EventEncoder(document: JobDocument(publicURL: "https://thumbs.example"))
    /// Samples show one id; real ones are random.
    private static let sampleID: JSONValue = "evt_01kajy4q310rvzkq2j8c5s6d9f"

    private func folder() -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../webhooks/events")
            .standardized
    }

    private func event(_ type: EventType) -> Event {
        let job: Job
        switch type {
        case .queued: job = SampleJobs.queued()
        case .processing: job = SampleJobs.processing()
        case .progress: job = SampleJobs.progressing()
        case .completed: job = SampleJobs.completed()
        case .failed: job = SampleJobs.failed()
        case .cancelled: job = SampleJobs.cancelled()
        case .providerDegraded:
            return Self.encoder.degraded(
                provider: "opus",
                reason: Failure(
                    .unavailable, code: "provider_unavailable", message: "opus answered 503 five times"),
                until: SampleJobs.acceptedAt + .seconds(15), for: SampleJobs.queued().account,
                at: SampleJobs.acceptedAt)
        case .providerRecovered:
            return Self.encoder.recovered(
                provider: "opus", degradedAt: SampleJobs.acceptedAt, for: SampleJobs.queued().account,
                at: SampleJobs.acceptedAt + .seconds(17))
        case .webhookTest:
            return Self.encoder.testEvent(for: endpoint(), at: SampleJobs.acceptedAt)
        case .endpointFailing:
            return Self.encoder.failing(
                endpoint(), host: "hooks.example", at: SampleJobs.acceptedAt + .seconds(340))
        case .endpointDisabled:
            return Self.encoder.disabled(
                endpoint(disabledReason: "it has failed for 5 days"), host: "hooks.example",
                at: SampleJobs.acceptedAt + .seconds(5 * 86_400))
        case .endpointRecovered:
            return Self.encoder.recovered(
                endpoint(), host: "hooks.example", failingSince: SampleJobs.acceptedAt,
                at: SampleJobs.acceptedAt + .seconds(2_400))
        case .deliveryExhausted:
            var delivery = Delivery(
                id: DeliveryID(rawValue: "dlv_01kahzs3q8b4c2m7x6w1v5t9ye"), account: endpoint().account,
                event: EventID(rawValue: "evt_01kahzqx7n5d3f9h2j4k6m8p0r"), type: .completed,
                target: .endpoint(endpoint().id), nextAttemptAt: nil, createdAt: SampleJobs.acceptedAt)
            (delivery.attempts, delivery.lastStatusCode, delivery.status) = (11, 503, .exhausted)
            return Self.encoder.exhausted(
                delivery, endpoint: endpoint(), host: "hooks.example",
                at: SampleJobs.acceptedAt + .seconds(3 * 86_400))
        }
        return Self.encoder.event(type, of: job, at: job.finishedAt ?? job.startedAt ?? job.createdAt).event
    }

    private func endpoint(disabledReason: String? = nil) -> Endpoint {
        var endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_01kahzr1m8t2d5k0q9w4x7y3bn"), account: SampleJobs.queued().account,
            url: "https://hooks.example/", events: [], description: "the shop",
            createdAt: SampleJobs.acceptedAt)
        (endpoint.health.failingSince, endpoint.health.failures) = (SampleJobs.acceptedAt, 9)
        endpoint.disabledReason = disabledReason
        return endpoint
    }

    @Test(arguments: EventType.allCases)
    func `the sample of each type is what the encoder makes`(_ type: EventType) throws {
        let event = event(type)
        var made = try #require(try JSONValue(parsing: event.body).object)
        #expect(made["id"] == .string(event.id.rawValue))
        made["id"] = Self.sampleID
        let text = JSONValue.object(made).prettyPrinted() + "\n"
        let file = folder().appending(path: "\(type.rawValue).json")
        if ProcessInfo.processInfo.environment["THUMBWIRE_WRITE_SAMPLES"] == "1" {
            try Data(text.utf8).write(to: file)
        }

        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test func `every sample has a type and a schema`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder().path)
        let samples = files.filter { $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json") }

        #expect(Set(samples) == Set(EventType.allCases.map { "\($0.rawValue).json" }))
        for type in EventType.allCases {
            #expect(files.contains("\(type.rawValue).schema.json"))
        }
    }

    @Test(arguments: EventType.allCases)
    func `an event stays below 20 KB`(_ type: EventType) {
        #expect(event(type).body.count < 20_000)
    }
}
