import HTTP
import Signing
import ThumbwireKit

/// What a request asks for, whichever way it is written: the same for a client's repetition of it.
struct RequestMeaning {
    /// A body that was read already.
    enum Body {
        case json(JSONValue)
        case form(MultipartForm)
        case bytes([UInt8])
    }

    /// SHA-256 of everything.
    let digest: [UInt8]

    /// Of a request of that account. It is not part of the meaning how JSON is spaced and its members are ordered, which
    /// boundary a form has, and how long the client would wait for the answer.
    init(of request: Request, account: AccountID, body: Body? = nil) {
        var parts = [account.rawValue, request.method.rawValue, request.path]
        parts += [Call.callbackHeader, Call.callbackFormatHeader].map { request.headers[$0] ?? "" }
        for item in request.query.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) })
        where item.name != "wait" {
            parts += [item.name, item.value]
        }
        digest = Hash.sha256(
            parts.flatMap { Hash.sha256($0.utf8) } + Self.digest(of: body ?? Self.read(request)))
    }

    private static func read(_ request: Request) -> Body {
        let mediaType = request.headers["Content-Type"] ?? ""
        if mediaType.lowercased().hasPrefix("multipart/form-data"),
            let form = try? MultipartForm(request.body, contentType: mediaType)
        {
            return .form(form)
        }
        if let value = try? JSONValue(parsing: request.body) { return .json(value) }
        return .bytes(request.body)
    }

    private static func digest(of body: Body) -> [UInt8] {
        switch body {
        case .json(let value):
            var bytes: [UInt8] = []
            write(value, to: &bytes)
            return Hash.sha256(bytes)
        case .form(let form):
            return Hash.sha256(form.parts.flatMap { Hash.sha256($0.name.utf8) + Hash.sha256($0.body) })
        case .bytes(let bytes): return Hash.sha256(bytes)
        }
    }

    /// Writes a value so that no two values have the same bytes: strings with their length, members by name.
    private static func write(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes += "n".utf8
        case .bool(let value): bytes += (value ? "t" : "f").utf8
        case .integer(let value): bytes += "i\(value);".utf8
        case .number(let number):
            bytes += (value.integer.map { "i\($0);" } ?? "d\(number);").utf8
        case .string(let text): write(text, to: &bytes)
        case .array(let elements):
            bytes += "[".utf8
            for element in elements { write(element, to: &bytes) }
            bytes += "]".utf8
        case .object(let object):
            bytes += "{".utf8
            let members = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            for member in members {
                write(member.name, to: &bytes)
                write(member.value, to: &bytes)
            }
            bytes += "}".utf8
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes += "s\(text.utf8.count):".utf8
        bytes += text.utf8
    }
}
