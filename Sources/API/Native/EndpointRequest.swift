import Documents
import ThumbwireKit

/// The body that makes an endpoint or changes one; `nil` is what it leaves out.
struct EndpointRequest {
    var url: String?
    var events: [EventType]?
    var description: String?
    var status: Endpoint.Status?

    /// Reads the body of a `POST`, which needs a URL.
    static func creation(_ body: JSONValue) throws(Problem) -> (url: String, rest: EndpointRequest) {
        var fields = try FieldReader(body: body)
        let request = EndpointRequest(&fields)
        if !fields.has("url") { fields.refuse("url", "is required") }
        fields.refuseUnknown()
        try fields.finish()
        return (request.url ?? "", request)
    }

    /// Reads the body of a `PATCH`, which may also change the status.
    static func change(_ body: JSONValue) throws(Problem) -> EndpointRequest {
        var fields = try FieldReader(body: body)
        var request = EndpointRequest(&fields)
        request.status = fields.choice("status", of: Endpoint.Status.allCases)
        fields.refuseUnknown()
        try fields.finish()
        return request
    }

    private init(_ fields: inout FieldReader) {
        url = fields.url("url")
        events = fields.choices("events", of: RequestLimits.eventTypes)
        description = fields.text("description", atMost: RequestLimits.title)
    }

    func apply(to endpoint: inout Endpoint) {
        if let url { endpoint.url = url }
        if let events { endpoint.events = Set(events) }
        if let description { endpoint.description = description }
        if let status { endpoint.status = status }
    }
}
