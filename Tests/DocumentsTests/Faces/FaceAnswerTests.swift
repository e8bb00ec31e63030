import Documents
import Testing
import ThumbwireKit

@Suite struct FaceAnswerTests {
    private static let document = JobDocument(publicURL: "https://thumbs.example.com/prefix")
    private let encoder = EventEncoder(document: document)

    @Test(arguments: [Face.native, .openai])
    func `faces that nobody polls have no answer`(_ face: Face) {
        #expect(encoder.event(.completed, of: Self.job(face), at: Self.moment).event.faceData == nil)
    }

    @Test func `an event of an Opus job carries what its GET answers`() throws {
        let (job, event) = encoder.event(.completed, of: Self.job(.opus), at: Self.moment)

        let data = try JSONValue(parsing: try #require(event.faceData))

        #expect(data == OpusDocument(document: Self.document).json(job))
        #expect(data["status"] == "CONCLUDED")
    }

    @Test(arguments: [Face.soke, .sokeBackground])
    func `an event of a Soke job links the editor state that a poll shows`(_ face: Face) throws {
        let (job, event) = encoder.event(.completed, of: Self.job(face), at: Self.moment)

        let answer = try JSONValue(parsing: try #require(event.faceData))

        #expect(answer["success"] == true)
        #expect(answer["data"]?["editorState"] == .null)
        #expect(
            answer["data"]?["editorStateUrl"]?.string
                == "https://thumbs.example.com/prefix/v1/jobs/\(job.id)/composition")
        #expect(answer["data"]?["result"]?["imageUrls"]?.array?.count == 16)
    }

    @Test func `an event before the end says how far the job is`() throws {
        var job = Self.job(.soke)
        job.state = .processing
        job.progress.percent = 40

        let event = encoder.event(.processing, of: job, at: Self.moment).event
        let answer = try JSONValue(parsing: try #require(event.faceData))

        #expect(answer["data"]?["status"] == "processing")
        #expect(answer["data"]?["progress"] == 40)
        #expect(answer["data"]?["editorStateUrl"] == nil)
    }

    @Test(arguments: [Face.soke, .sokeBackground, .opus])
    func `the largest answer leaves a body below 20 KB`(_ face: Face) throws {
        var job = Self.job(face)
        job.session = String(repeating: "😀", count: 128)

        let event = encoder.event(.completed, of: job, at: Self.moment).event

        #expect(try #require(event.faceData).count < 19_000)
    }

    private static let moment = Timestamp(microseconds: 1_795_262_400_000_000)

    /// Completed, with as many pictures as there may be.
    private static func job(_ face: Face) -> Job {
        var job = Job(
            id: face.jobID(at: moment), account: AccountID(prefix: "acct_", at: moment), face: face,
            request: ThumbnailRequest(title: "A"),
            pin: PinnedChain(name: "default", providers: [], steps: []), session: "session_1",
            createdAt: moment, deadline: moment)
        job.state = .completed
        job.outputs = (0..<16).map { variant in
            Output(
                artifact: ArtifactID(rawValue: "art_\(variant)"),
                fileName: String(repeating: "f", count: 36), size: PixelSize(width: 3_840, height: 3_840),
                format: .jpeg, bytes: 20_000_000, sha256: String(repeating: "a", count: 64), variant: variant)
        }
        return job
    }
}
