import Documents
import Foundation
import Testing
import ThumbwireKit

/// The golden samples under `webhooks/events/` are what the encoder makes. To write them anew after a change of the
/// documents, run these tests with `THUMBWIRE_WRITE_SAMPLES=1`.
struct EventSampleTests {
    private static let samples = EventSamples(
        encoder: EventEncoder(document: JobDocument(publicURL: "https://thumbs.example")))

    private func folder() -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../webhooks/events")
            .standardized
    }

    @Test(arguments: EventType.allCases)
    func `the sample of each type is what the encoder makes`(_ type: EventType) throws {
        let text = try JSONValue(parsing: Self.samples.body(of: type)).prettyPrinted() + "\n"
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
        #expect(Self.samples.body(of: type).count < 20_000)
    }

    @Test(arguments: EventType.allCases)
    func `a sample that is sent as a test says so and is an event of its own`(_ type: EventType) throws {
        let endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_1"), account: AccountID(rawValue: "acct_1"),
            url: "https://a.example", events: [type], createdAt: SampleJobs.acceptedAt)
        let now = SampleJobs.acceptedAt + .seconds(60)
        let event = Self.samples.testEvent(type, for: endpoint, at: now)
        let body = try #require(try JSONValue(parsing: event.body).object)
        let sample = try #require(try JSONValue(parsing: Self.samples.body(of: type)).object)

        #expect(event.type == type)
        #expect(event.job == nil)
        #expect(body["id"] == .string(event.id.rawValue))
        #expect(body["id"] != sample["id"])
        #expect(body["accountId"] == "acct_1")
        #expect(body["timestamp"] == .string(now.description))
        #expect(body["data"]?.object?.names.first == "test")
        #expect(body["data"]?["test"] == true)
        guard type != .webhookTest else { return }
        var data = try #require(body["data"]?.object)
        data["test"] = nil
        #expect(.object(data) == sample["data"])
    }
}
