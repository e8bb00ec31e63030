import Documents
import HTTP
import ThumbwireKit

/// An error that the OpenAI face says otherwise than the table does.
struct OpenAIRefusal: Error {
    var problem: Problem
    var row: OpenAIError

    /// Why a job made no pictures. The job has ended: the SDK's own retry would only get the same answer, so it is told
    /// to spare it.
    init(_ problem: Problem, family: OpenAIModel.Family) {
        self.problem = problem
        row = problem.code.row.openAI
        row.isRetryable = false
        // Clients of the older models know the refusal of their days.
        if problem.code == .contentRejected, family.isDallE {
            row.type = "invalid_request_error"
            row.code = "content_policy_violation"
        }
    }
}

extension Response {
    /// An error as OpenAI's clients know it; `row` overrides the table's.
    static func openAIProblem(_ problem: Problem, _ row: OpenAIError? = nil) -> Response {
        let row = row ?? problem.code.row.openAI
        var headers = problem.headers(status: row.status)
        if !row.isRetryable { headers["x-should-retry"] = "false" }
        return .openAI(row.status, problem.openAIJSON(row), headers: headers)
    }

    static func openAI(_ status: Int, _ value: JSONValue, headers: Headers = [:]) -> Response {
        var response = Response.json(status, value, headers: headers)
        response.headers["openai-version"] = openAIVersion
        return response
    }

    /// How the key stands in its minute; the time to its end as Go writes durations.
    mutating func addOpenAIRate(_ rate: RateStanding, now: Timestamp) {
        headers["x-ratelimit-limit-requests"] = "\(rate.limit)"
        headers["x-ratelimit-remaining-requests"] = "\(rate.remaining)"
        headers["x-ratelimit-reset-requests"] = "\(max(.seconds(1), rate.resetAt - now).fullSeconds)s"
    }

    /// The version of OpenAI's API that the face speaks.
    static let openAIVersion = "2020-10-01"
}
