import HTTP

/// One route: how it answers, and what the OpenAPI document says of it.
struct Route: Sendable {
    /// Who may use it.
    enum Access: Sendable {
        case open, key
    }

    var method: Method
    var pattern: String
    var access: Access
    var operation: Operation
    /// The longest body in bytes; `nil` is what all routes have.
    var maximumBodyBytes: Int?
    var handler: Handler
}

/// What the OpenAPI document says of a route.
struct Operation: Sendable {
    /// A query parameter or header.
    struct Parameter: Sendable {
        enum Place: String, Sendable {
            case query, header
        }

        var name: String
        var place = Place.query
        var summary: String
        /// The JSON type of its value.
        var type = "string"
    }

    struct Answer: Sendable {
        var status: Int
        var summary: String
        /// The name of a schema, or `nil` without a JSON body.
        var schema: String?
        var mediaType = "application/json"
    }

    /// The media types of a body that is no JSON.
    var bodyTypes: [String] = []
    /// Unique among all routes.
    var id: String
    var summary: String
    var tag: String
    var parameters: [Parameter] = []
    /// The name of the body's schema; `nil` takes no body.
    var body: String?
    /// False where the body may be left out.
    var needsBody = true
    /// The name of the schema of a `multipart/form-data` body; `nil` takes no form.
    var form: String?
    var answers: [Answer]

    init(
        _ id: String, _ summary: String, tag: String, parameters: [Parameter] = [], body: String? = nil,
        form: String? = nil, answers: [Answer]
    ) {
        self.id = id
        self.summary = summary
        self.tag = tag
        self.parameters = parameters
        self.body = body
        self.form = form
        self.answers = answers
    }
}

extension Operation {
    /// The same with a body that may be left out.
    var withOptionalBody: Operation {
        var operation = self
        operation.needsBody = false
        return operation
    }
}

extension Operation.Parameter {
    static func list(_ more: Operation.Parameter...) -> [Operation.Parameter] {
        more + [
            Operation.Parameter(name: "limit", summary: "how many, 1 to 100", type: "integer"),
            Operation.Parameter(name: "cursor", summary: "`next` of the part before"),
        ]
    }

    static let wait = Operation.Parameter(
        name: "wait", summary: "seconds to wait for the job's end, 0 to 55", type: "integer")
    static let callbackFormat = Operation.Parameter(
        name: Call.callbackFormatHeader, place: .header,
        summary: "`face` makes the callback's data what a poll on this face answers (`job`)")
    static let account = Operation.Parameter(
        name: "accountId", summary: "another account; needs the scope admin")
}

extension Operation.Answer {
    static func json(_ status: Int, _ summary: String, _ schema: String) -> Operation.Answer {
        Operation.Answer(status: status, summary: summary, schema: schema)
    }
}
