internal import Foundation
package import ThumbwireKit

/// What the face that made a job answers to a poll at this moment, as events carry it for receivers with that face's
/// parser.
package struct FaceAnswer: Sendable {
    private let document: JobDocument

    /// Answers whose links are those of `document`.
    package init(document: JobDocument) {
        self.document = document
    }

    /// The whole body of the answer, Soke's envelope included, but that the editor state is a link. `nil` for faces
    /// without an answer of their own to a poll: native jobs, and OpenAI's, whose clients never poll.
    package func json(of job: Job) -> JSONValue? {
        switch job.face {
        case .native, .openai: nil
        case .opus: OpusDocument(document: document).json(job)
        case .soke, .sokeBackground:
            // Nobody asked, and nothing was waited for: the id is one that no request had.
            SokeDocument.envelope(
                SokeDocument(document: document).json(job, editorState: .linked),
                platform: job.request.platform, requestID: UUID().uuidString.lowercased(), took: .zero)
        }
    }
}
