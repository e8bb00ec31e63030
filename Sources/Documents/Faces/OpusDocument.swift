package import ThumbwireKit

/// A job as `GET /api/generative-jobs/{jobId}` shows it (Opus' `GenerativeJobStatusResponse`).
package struct OpusDocument: Sendable {
    private let document: JobDocument

    /// Documents whose links are those of `document`.
    package init(document: JobDocument) {
        self.document = document
    }

    package func json(_ job: Job) -> JSONValue {
        let status = StateRow(of: job).opus
        var object: JSONObject = ["status": .string(status.rawValue)]
        switch status {
        case .queued, .processing: object["progress"] = progress(status, job.progress.percent)
        case .concluded:
            let urls = job.outputs.map { JSONValue.string(document.url(of: $0)) }
            object["result"] = ["generatedThumbnailUris": .array(urls)]
            object["progress"] = progress(status, 100)
        case .failed, .unknown: object["error"] = error(of: job)
        }
        return .object(object)
    }

    /// Opus counts from 0 to 1.
    private func progress(_ status: OpusState, _ percent: Int) -> JSONValue {
        let part = percent == 100 ? JSONValue.integer(1) : .number(Double(percent) / 100)
        return ["status": .string(status.rawValue), "percentage": part]
    }

    private func error(of job: Job) -> JSONValue {
        guard let failure = job.failure else {
            return ["type": .string(job.state.rawValue), "message": "the job was cancelled"]
        }
        return ["type": .string(failure.code), "message": .string(failure.message)]
    }
}
