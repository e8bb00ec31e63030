package import ThumbwireKit

/// What makes a webhook endpoint: the body of a `POST`, or an entry of the file of endpoints.
package struct EndpointRequest: Hashable, Sendable {
    /// Proves, before the endpoint is made, that its URL wants to be called.
    package enum Handshake: String, Hashable, Sendable, CaseIterable {
        /// REST hooks: the answer echoes the header `X-Hook-Secret`.
        case hookSecret = "x-hook-secret"
        /// CloudEvents' abuse protection: an `OPTIONS` request that is answered with `WebHook-Allowed-Origin`.
        case cloudEvents = "cloudevents"
    }

    /// Where events are posted; where it leads is not checked yet.
    package var url: String
    package var options: EndpointOptions
    /// `nil` makes none.
    package var handshake: Handshake?

    /// Reads the body; throws everything that is wrong with it at once. An expiry must be after `now`.
    package init(_ body: JSONValue, now: Timestamp) throws(Problem) {
        var fields = try FieldReader(body: body)
        let url = fields.endpointURL()
        if !fields.has("url"), !fields.has("targetUrl") { fields.refuse("url", "is required") }
        options = EndpointOptions(&fields, now: now)
        handshake = fields.choice("handshake", of: Handshake.allCases)
        fields.refuseUnknown()
        try fields.finish()
        self.url = url ?? ""
    }
}

/// The body of a `PATCH`: what it leaves out stays, and what is `null` goes back to what it is by default.
package struct EndpointChange: Hashable, Sendable {
    package var url: String?
    package var options: EndpointOptions

    /// Reads the body; throws everything that is wrong with it at once. An expiry must be after `now`.
    package init(_ body: JSONValue, now: Timestamp) throws(Problem) {
        var fields = try FieldReader(body: body)
        url = fields.endpointURL()
        options = EndpointOptions(&fields, now: now)
        for name in ["url", "targetUrl", "status", "secret"] where fields.isNull(name) {
            fields.refuse(name, "is null; leave it out to keep it")
        }
        fields.refuseUnknown()
        try fields.finish()
    }
}

extension FieldReader {
    /// `url`, which REST hooks call `targetUrl`.
    fileprivate mutating func endpointURL() -> String? {
        let (url, target) = (url("url"), url("targetUrl"))
        if has("url"), has("targetUrl") { refuse("targetUrl", "is url by another name; give one of the two") }
        return url ?? target
    }
}
