import HTTP
import Synchronization
import ThumbwireKit

/// The HTTP API of one Thumbwire server, as this command line uses it.
struct ServerConnection: Sendable {
    static let options: [OptionSpec] = [
        .value("server", "URL", "the server (default http://127.0.0.1:8080)").orEnvironment(),
        .value("key", "KEY", "API key").orEnvironment(),
    ]
    static let defaultURL = "http://127.0.0.1:8080"

    let baseURL: String
    let key: String?
    let client: HTTPClient

    init(baseURL: String, key: String?) throws {
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.key = key
        var configuration = HTTPClient.Configuration()
        configuration.userAgent = "Thumbwire/\(Version.current) (command line)"
        client = try HTTPClient(configuration: configuration)
    }

    init(_ arguments: Arguments) throws {
        let server = arguments.value("server") ?? Self.defaultURL
        try checkURL(server, option: "server")
        try self.init(baseURL: server, key: arguments.value("key"))
    }

    /// Sends a request and reads the JSON of a 2xx answer; an answer without body is `null`.
    func call(
        _ method: Method, _ path: String, body: JSONValue? = nil, deadline: Duration = .seconds(30)
    ) async throws -> JSONValue {
        try await answer(method, path, body: body, deadline: deadline).document
    }

    /// As ``call(_:_:body:deadline:)``, with the status where that says something.
    func answer(
        _ method: Method, _ path: String, body: JSONValue? = nil, deadline: Duration = .seconds(30)
    ) async throws -> (status: Int, document: JSONValue) {
        var request = request(method, path)
        request.deadline = deadline
        request.maximumResponseBytes = 16 << 20
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = body.serialized()
        }
        let response = try await client.send(request, policy: .unrestricted)
        guard (200..<300).contains(response.status) else { throw ServerRefusal(response) }
        return (response.status, response.body.isEmpty ? .null : try JSONValue(parsing: response.body))
    }

    /// A request with the key in it. What the user wrote on the command line is no tenant's URL, so requests go
    /// wherever it leads.
    func request(_ method: Method, _ path: String) -> OutboundRequest {
        var request = OutboundRequest(method: method, url: baseURL + path)
        request.headers["Accept"] = "application/json"
        if let key { request.headers["Authorization"] = "Bearer \(key)" }
        return request
    }
}

/// Throws where an option is not the URL that it should be.
func checkURL(_ text: String, option: String) throws(UsageError) {
    do throws(ClientError) {
        _ = try URLParts(text)
    } catch {
        throw UsageError("option --\(option): \(error)")
    }
}

/// An answer that is not 2xx.
struct ServerRefusal: Error, CustomStringConvertible {
    let status: Int
    /// The machine-readable code, where the answer has one.
    let code: String?
    let detail: String?

    init(_ response: OutboundResponse) {
        status = response.status
        let document = try? JSONValue(parsing: response.body)
        code = document?["code"]?.string
        // Everything that `errors` lists is in the sentence already.
        detail = document?["detail"]?.string ?? document?["title"]?.string
    }

    var description: String {
        let words = ["server answers \(status)", code].compactMap(\.self).joined(separator: " ")
        guard let detail, !detail.isEmpty else { return words }
        return "\(words): \(detail)"
    }
}

extension String {
    /// Fit to be one segment of a path or one value of a query (RFC 3986 §2.3).
    var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII,
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "-._~".unicodeScalars.contains(scalar)
            {
                text.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
