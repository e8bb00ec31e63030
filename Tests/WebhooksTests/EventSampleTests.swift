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
            let endpoint = Endpoint(
                id: EndpointID(rawValue: "ep_01kahzr1m8t2d5k0q9w4x7y3bn"),
                account: SampleJobs.queued().account, url: "https://hooks.example/", events: [],
                createdAt: SampleJobs.acceptedAt)
            return Self.encoder.testEvent(for: endpoint, at: SampleJobs.acceptedAt)
        }
        return Self.encoder.event(type, of: job, at: job.finishedAt ?? job.startedAt ?? job.createdAt).event
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
