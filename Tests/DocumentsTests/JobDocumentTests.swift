import Documents
import Testing
import ThumbwireKit

@Suite struct JobDocumentTests {
    private let encoder = EventEncoder(document: JobDocument(publicURL: "https://thumbs.example.com/prefix"))

    private func job(_ request: ThumbnailRequest) -> Job {
        let moment = Timestamp(microseconds: 1_795_262_400_000_000)
        return Job(
            id: JobID(prefix: "job_", at: moment), account: AccountID(prefix: "acct_", at: moment),
            face: .native,
            request: request, pin: PinnedChain(name: "default", providers: [], steps: []),
            session: "session_1",
            createdAt: moment, deadline: moment)
    }

    @Test func `the largest job that can be asked for makes an event below 20 KB`() {
        var job = job(
            ThumbnailRequest(
                title: String(repeating: "😀", count: 300), prompt: String(repeating: "😀", count: 4_000)))
        job.metadata = ["m": .string(String(repeating: "x", count: 4_000))]
        job.outputs = (0..<16).map { variant in
            Output(
                artifact: ArtifactID(rawValue: "art_" + String(repeating: "0", count: 26)),
                fileName: String(repeating: "f", count: 36), size: PixelSize(width: 3_840, height: 3_840),
                format: .jpeg,
                bytes: 20_000_000, sha256: String(repeating: "a", count: 64), variant: variant)
        }
        job.steps = (0..<10).map { index in
            Step(
                id: "accent-detection-\(index)", index: index, attempt: 1, plugin: "accent-detection",
                version: "10.20.30", configurationHash: "", startedAt: job.createdAt)
        }
        job.warnings = (0..<16).map { _ in
            Warning(code: "title_too_long", message: String(repeating: "w", count: 200))
        }

        let event = encoder.event(.completed, of: job, at: job.createdAt).event

        #expect(event.body.count < 20_000, "\(event.body.count) bytes")
    }

    @Test func `documents repeat no link of the request and only the beginning of its prompt`() throws {
        var request = ThumbnailRequest(prompt: String(repeating: "p", count: 301))
        request.sourceImage = .url("https://example.com/photo.jpg?signature=secret")

        let document = JobDocument(publicURL: "http://x").json(job(request))

        #expect(!String(decoding: document.serialized(), as: UTF8.self).contains("secret"))
        #expect(document["request"]?["prompt"]?.string == String(repeating: "p", count: 300) + "…")
    }

    @Test func `an event's envelope carries the job's document and counts up`() throws {
        let first = encoder.event(
            .queued, of: job(ThumbnailRequest(title: "A")), at: Timestamp(microseconds: 0))
        let second = encoder.event(.cancelled, of: first.job, at: Timestamp(microseconds: 1_000_000))
        let body = try JSONValue(parsing: second.event.body)

        #expect(body["id"]?.string == second.event.id.rawValue)
        #expect(body["type"] == "thumbnail.cancelled")
        #expect(body["sequence"] == 2)
        #expect(body["timestamp"] == "1970-01-01T00:00:01.000Z")
        #expect(body["data"] == JobDocument(publicURL: "https://thumbs.example.com/prefix").json(second.job))
    }
}
