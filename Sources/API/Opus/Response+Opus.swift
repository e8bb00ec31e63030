import Documents
import HTTP
import ThumbwireKit

extension Response {
    /// An error on the Opus face.
    static func opusProblem(_ problem: Problem, upgradeURL: String? = nil) -> Response {
        let status = problem.code.row.opus.status
        return .json(
            status, problem.opusJSON(upgradeURL: upgradeURL), headers: problem.headers(status: status))
    }
}

extension Request {
    /// True for the paths that answer as Opus does.
    var isOpus: Bool {
        ["/api/generative-jobs", "/api/upload-links"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}

/// What a call's key may still cost, as Opus says it on every answer: its figures are of the monthly cap, and count no
/// requests. Without a valid key nothing is left.
func opusHeaders(of call: Call?, now: Timestamp) async -> Headers {
    var headers: Headers = ["X-RateLimit-Reset": "\(now.startOfNextMonth.seconds)"]
    let none = CreditStanding(limit: 0, remaining: 0)
    // Without the store there is no figure to give.
    guard let standing = call == nil ? none : try? await call?.creditStanding() else { return headers }
    headers["X-RateLimit-Limit"] = "\(standing.limit)"
    headers["X-RateLimit-Remaining"] = "\(standing.remaining)"
    return headers
}

extension Timestamp {
    /// Midnight of UTC that begins the next month.
    var startOfNextMonth: Timestamp {
        let parts = description.prefix(7).split(separator: "-").compactMap { Int($0) }
        guard parts.count == 2 else { return self }
        let (year, month) = parts[1] == 12 ? (parts[0] + 1, 1) : (parts[0], parts[1] + 1)
        let padded = month < 10 ? "0\(month)" : "\(month)"
        return Timestamp(rfc3339: "\(year)-\(padded)-01T00:00:00Z") ?? self
    }
}
