import HTTP
import ThumbwireKit

/// Requests in a minute that stand for no limit, where a header has to name a number.
private let unlimitedRequests = 1_000_000

/// Where the key of a call stands, as Soke says it on every answer; without a valid key nothing is left.
func sokeHeaders(of call: Call?, now: Timestamp) async -> Headers {
    let nextMinute = Timestamp(microseconds: (now.seconds / 60 + 1) * 60_000_000)
    let requests = call == nil ? 0 : unlimitedRequests
    let rate =
        call?.rate ?? RateStanding(limit: requests, remaining: requests, resetAt: nextMinute)
    var headers: Headers = [
        "X-Soke-Limit": "\(rate.limit)", "X-Soke-Remaining": "\(rate.remaining)",
        "X-Soke-Reset": "\(rate.resetAt.roundedUpSeconds)",
    ]
    let none = CreditStanding(limit: 0, remaining: 0)
    // Without the store there is no figure to give.
    if let credits = call == nil ? none : try? await call?.creditStanding() {
        headers["X-Soke-Credits-Remaining"] = "\(credits.remaining)"
    }
    return headers
}

extension Timestamp {
    /// Whole seconds since 1970 at which this moment has come.
    fileprivate var roundedUpSeconds: Int64 { (self + .microseconds(999_999)).seconds }
}

extension Headers {
    /// Adds those fields, in place of fields of the same names.
    mutating func add(_ more: Headers) {
        for field in more.fields { self[field.name] = field.value }
    }
}
