import Documents
import HTTP
import ThumbwireKit

/// The body of `POST /v1/providers/{name}/pause` and `POST /v1/chains/{name}/pause`, checked.
struct PauseRequest {
    /// Up to a year; longer is "until somebody resumes it".
    static let seconds = 1...31_536_000

    /// `nil` is until somebody resumes it.
    var until: Timestamp?
    var reason: String

    init(_ body: JSONValue, now: Timestamp) throws(Problem) {
        var fields = try FieldReader(body: body)
        until = fields.moment("until", after: now)
        if let seconds = fields.integer("seconds", in: Self.seconds) { until = now + .seconds(seconds) }
        if fields.has("until"), fields.has("seconds") {
            fields.refuse("seconds", "cannot be given beside until; leave one of them out")
        }
        reason = fields.text("reason", atMost: RequestLimits.title) ?? "an administrator paused it"
        fields.refuseUnknown()
        try fields.finish()
    }
}

extension Call {
    /// The body of a pause, which may be left out.
    func pauseRequest() throws(Problem) -> PauseRequest {
        try PauseRequest(request.body.isEmpty ? [:] : try body(), now: context.clock.now())
    }

    /// Throws where the key may not pause or resume what serves every account.
    func requireAdmin(toRule what: String) throws(Problem) {
        guard isAdmin else {
            throw Problem(.scopeMissing, "to pause or resume a \(what) needs the scope admin")
        }
    }
}

extension OpenAPISchemas {
    /// The body of a pause.
    static let pauseRequest = closed([
        "until": moment, "seconds": integer(PauseRequest.seconds),
        "reason": string(atMost: RequestLimits.title),
    ])

    /// A pause as documents show it; `null` without one.
    static let pause: JSONValue = [
        "type": ["object", "null"],
        "properties": ["until": maybeMoment, "reason": text, "pausedAt": moment],
    ]
}
