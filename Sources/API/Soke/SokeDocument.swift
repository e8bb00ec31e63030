import Documents
import ThumbwireKit

/// A job as Soke's clients read it. Soke documents no field names for a finished thumbnail: the body has those of
/// its neighbours, flat and under `result`.
struct SokeDocument {
    /// Soke's two ways to show the same thing.
    enum Style {
        case thumbnail
        /// That of `GET /jobs/{id}`, which has `jobId` and tells waiting from working.
        case job
    }

    let document: JobDocument
    var style = Style.thumbnail

    /// `editorState` is the composition of a finished job.
    func json(_ job: Job, editorState: JSONValue?) -> JSONValue {
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

    private func addResult(of job: Job, _ editorState: JSONValue?, to object: inout JSONObject) {
        let url = job.outputs.first.map { JSONValue.string(document.url(of: $0)) } ?? .null
        let urls = JSONValue.array(job.outputs.map { .string(document.url(of: $0)) })
        object["imageUrl"] = url
        object["thumbnailUrl"] = url
        object["editorState"] = editorState ?? .null
        object["result"] = [
            "imageUrl": url, "thumbnailUrl": url, "imageUrls": urls, "editorState": editorState ?? .null,
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
