package import ThumbwireKit

/// One thing that is wrong with a request, at its place.
package struct FieldError: Hashable, Sendable {
    /// The place in the body as a JSON pointer (RFC 6901); empty is the whole body.
    package var pointer: String
    /// What is wrong and what is allowed.
    package var detail: String
    /// What the whole answer is called when nothing else is wrong.
    package var code: ErrorCode

    package init(pointer: String, detail: String, code: ErrorCode = .validationFailed) {
        self.pointer = pointer
        self.detail = detail
        self.code = code
    }

    var json: JSONValue { ["pointer": .string(pointer), "detail": .string(detail)] }

    /// The place as people write it, then what is wrong.
    var sentence: String {
        pointer.isEmpty ? detail : "\(pointer.dropFirst()) \(detail)"
    }
}

/// Why a request is refused; every face says it in its own shape.
package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    package var code: ErrorCode
    /// What is wrong this time, for the client.
    package var detail: String
    /// Everything that is wrong with the body; empty for problems of another kind.
    package var errors: [FieldError]
    /// When to try again.
    package var retryAfter: Duration?
    /// Figures that a client may act on, such as `required` and `available` credits.
    package var figures: JSONObject

    package init(
        _ code: ErrorCode, _ detail: String, errors: [FieldError] = [], retryAfter: Duration? = nil,
        figures: JSONObject = [:]
    ) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
        self.figures = figures
    }

    /// All that is wrong with a body, of which there is at least one thing.
    package init(_ errors: [FieldError]) {
        let codes = Set(errors.map(\.code))
        let code = codes.count == 1 ? codes.first : nil
        self.init(
            code ?? .validationFailed, errors.map(\.sentence).joined(separator: "; "), errors: errors)
    }

    /// A failure as the answer to a request.
    package init(_ failure: Failure) {
        self.init(ErrorCode(of: failure), failure.message, retryAfter: failure.retryAfter)
    }

    package var description: String { "\(code.rawValue): \(detail)" }

    /// The body on the native face (RFC 9457).
    package func json() -> JSONValue {
        var object: JSONObject = [
            "type": .string("urn:thumbwire:problem:\(code.rawValue)"),
            "title": .string(code.row.title),
            "status": .integer(Int64(code.row.status)),
            "detail": .string(detail),
            "code": .string(code.rawValue),
        ]
        if !errors.isEmpty { object["errors"] = .array(errors.map(\.json)) }
        for figure in figures.members { object[figure.name] = figure.value }
        return .object(object)
    }

    /// The body on the OpenAI face, whose clients rely on all four members.
    package func openAIJSON(_ row: OpenAIError) -> JSONValue {
        [
            "error": [
                "message": .string(detail), "type": .string(row.type), "param": parameter.json,
                "code": .string(row.code ?? code.rawValue),
            ]
        ]
    }

    /// The first place as OpenAI writes it, such as `images[0].image_url`.
    private var parameter: String? {
        guard let pointer = errors.first?.pointer, !pointer.isEmpty else { return nil }
        var path = ""
        for segment in pointer.split(separator: "/") {
            if !path.isEmpty, segment.allSatisfy(\.isNumber) {
                path += "[\(segment)]"
            } else {
                path +=
                    (path.isEmpty ? "" : ".")
                    + segment.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
            }
        }
        return path
    }

    /// The body on the Soke face.
    package func sokeJSON(requestID: String) -> JSONValue {
        var details: JSONObject = ["code": .string(code.rawValue)]
        if let retryAfter { details["retryAfter"] = .integer(retryAfter.fullSeconds) }
        if !errors.isEmpty { details["errors"] = .array(errors.map(\.json)) }
        for figure in figures.members { details[figure.name] = figure.value }
        return [
            "success": false,
            "error": [
                "code": .string(code.row.sokeCode.rawValue),
                "message": .string(detail),
                "details": .object(details),
            ],
            "meta": ["request_id": .string(requestID)],
        ]
    }
}

extension Duration {
    /// Seconds rounded up, at least 1: what `Retry-After` says.
    package var fullSeconds: Int64 {
        max(1, components.seconds + (components.attoseconds > 0 ? 1 : 0))
    }
}
