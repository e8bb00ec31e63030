import Documents
import ThumbwireKit

/// A job as `GET /api/generative-jobs/{jobId}` shows it (Opus' `GenerativeJobStatusResponse`).
struct OpusDocument {
    /// The words that Opus' clients wait for.
    enum Status: String, CaseIterable {
        case queued = "QUEUED"
        case processing = "PROCESSING"
        case concluded = "CONCLUDED"
        case failed = "FAILED"
        /// The provider's answer was lost: nobody knows whether there is a picture.
        case unknown = "UNKNOWN"

        init(of job: Job) {
            self =
                switch job.state {
                case .queued: .queued
                case .generating, .processing, .waiting: .processing
                case .completed: .concluded
                case .cancelled: .failed
                case .failed: job.failure.map(ErrorCode.init) == .providerOutcomeUnknown ? .unknown : .failed
                }
        }
    }

    let document: JobDocument

    func json(_ job: Job) -> JSONValue {
        let status = Status(of: job)
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
    private func progress(_ status: Status, _ percent: Int) -> JSONValue {
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
