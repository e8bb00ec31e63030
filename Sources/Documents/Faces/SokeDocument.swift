package import ThumbwireKit

/// A job as Soke's clients read it. Soke documents no field names for a finished thumbnail: the body has those of
/// its neighbours, flat and under `result`.
package struct SokeDocument: Sendable {
    /// Soke's two ways to show the same thing.
    package enum Style: Sendable {
        case thumbnail
        /// That of `GET /jobs/{id}`, which has `jobId` and tells waiting from working.
        case job
    }

    /// Where the editor state of a finished job stands.
    package enum EditorState: Sendable {
        /// In the document; `nil` where there is none.
        case inline(JSONValue?)
        /// Behind a link: it is as long as it likes, and events are not.
        case linked
    }

    private let document: JobDocument
    private let style: Style

    /// Documents whose links are those of `document`.
    package init(document: JobDocument, style: Style = .thumbnail) {
        self.document = document
        self.style = style
    }

    /// Soke's envelope around what worked.
    package static func envelope(
        _ data: JSONValue, platform: String, requestID: String, took: Duration
    ) -> JSONValue {
        [
            "success": true, "data": data,
            "meta": [
                "platform": .string(platform), "request_id": .string(requestID),
                "processing_time_ms": .integer(max(0, took.wholeMicroseconds / 1_000)),
            ],
        ]
    }

    package func json(_ job: Job, editorState: EditorState) -> JSONValue {
        var object: JSONObject = [
            "id": .string(job.id.rawValue), "status": .string(status(of: job)),
            "progress": .integer(Int64(job.state == .completed ? 100 : job.progress.percent)),
            "sessionId": .string(job.session), "templateId": nil,
            "resolution": .string(job.request.resolution.description),
        ]
        if style == .job { object["jobId"] = .string(job.id.rawValue) }
        if job.state == .completed { addResult(of: job, editorState, to: &object) }
        if job.state == .failed || job.state == .cancelled { object["error"] = Self.error(of: job) }
        return .object(object)
    }

    private func addResult(of job: Job, _ editorState: EditorState, to object: inout JSONObject) {
        var composition: JSONValue?
        if case .inline(let given) = editorState { composition = given }
        let url = job.outputs.first.map { JSONValue.string(document.url(of: $0)) } ?? .null
        let urls = JSONValue.array(job.outputs.map { .string(document.url(of: $0)) })
        object["imageUrl"] = url
        object["thumbnailUrl"] = url
        object["editorState"] = composition ?? .null
        if case .linked = editorState {
            object["editorStateUrl"] = .string(document.compositionURL(of: job))
        }
        object["result"] = [
            "imageUrl": url, "thumbnailUrl": url, "imageUrls": urls, "editorState": composition ?? .null,
        ]
    }

    /// Soke's clients poll while they read `processing`, which is what a thumbnail begins with.
    private func status(of job: Job) -> String {
        let row = StateRow(of: job)
        return style == .job ? row.sokeJob : row.soke
    }

    private static func error(of job: Job) -> JSONValue {
        let message = job.failure?.message ?? "the job was cancelled"
        var details: JSONObject = [:]
        details["code"] = job.failure.map { .string($0.code) } ?? .string(job.state.rawValue)
        return [
            "code": .string(SokeErrorCode.processingError.rawValue), "message": .string(message),
            "details": .object(details),
        ]
    }
}
