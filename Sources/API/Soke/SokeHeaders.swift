import HTTP
import ThumbwireKit

/// Requests in a minute that stand for no limit, where a header has to name one.
private let unlimitedRequests = 1_000_000

/// Where the key of a call stands, as Soke says it on every answer; without a valid key nothing is left.
func sokeHeaders(of call: Call?, now: Timestamp) async -> Headers {
    // The next full minute.
    let reset = (now.seconds / 60 + 1) * 60
    let limit = call.map { $0.key.requestsPerMinute ?? unlimitedRequests } ?? 0
    var headers: Headers = [
        "X-Soke-Limit": "\(limit)", "X-Soke-Remaining": "\(limit)", "X-Soke-Reset": "\(reset)",
    ]
    // Without the store there is no figure to give.
    if let call {
        if let standing = try? await call.creditStanding() {
            headers["X-Soke-Credits-Remaining"] = "\(standing.remaining)"
        }
    } else {
        headers["X-Soke-Credits-Remaining"] = "0"
    }
    return headers
}

extension Headers {
    /// Adds those fields, in place of fields of the same names.
    mutating func add(_ more: Headers) {
        for field in more.fields { self[field.name] = field.value }
    }
}
