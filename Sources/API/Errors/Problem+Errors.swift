import Documents
package import HTTP
import Persistence
import ThumbwireKit
import Webhooks

extension Problem {
    /// What the client is told of an error; what it must not know goes to the log.
    init(_ error: any Error, of request: Request, log: Log) {
        switch error {
        case let problem as Problem: self = problem
        case let failure as Failure: self.init(failure)
        case let exceeded as RateExceeded: self.init(exceeded)
        case let error as StoreError: self.init(error)
        case is CancellationError, ClientError.shutdown, ClientError.cancelled:
            self.init(.draining, "the service is shutting down; try again soon", retryAfter: .seconds(5))
        default: self.init(.internalError, "something went wrong here")
        }
        guard code.row.status >= 500 else { return }
        log(
            .error, "request failed",
            [
                "request": .string(request.id), "method": .string(request.method.rawValue),
                "path": .string(request.loggedPath), "code": .string(code.rawValue),
                "error": .string("\(error)"),
            ])
    }

    /// Where a client named a webhook.
    enum WebhookPlace {
        /// A member of the body.
        case field(String)
        case header(String)
    }

    /// What is wrong with the webhook that is named there.
    init(_ error: WebhookSetupError, in place: WebhookPlace) {
        let code: ErrorCode =
            switch error.code {
            case .invalidURL: .urlInvalid
            case .blockedPrivateAddress: .urlBlockedPrivateAddress
            case .invalidHeader: .callbackHeaderInvalid
            case .handshakeFailed: .endpointHandshakeFailed
            }
        switch place {
        case .header(let name): self.init(code, "\(name): \(error.message)")
        case .field(let name):
            self.init(
                code, "\(name): \(error.message)",
                errors: [FieldError(pointer: "/\(name)", detail: error.message, code: code)])
        }
    }

    private init(_ exceeded: RateExceeded) {
        self.init(
            .rateLimited,
            "this key may make \(exceeded.standing.limit) requests a minute; the next in "
                + "\(exceeded.retryAfter.fullSeconds) s",
            retryAfter: exceeded.retryAfter)
    }

    private init(_ error: StoreError) {
        switch error {
        case .conflict(let what): self.init(.conflict, "\(what) exists already")
        case .missing(let what): self.init(.notFound, "\(what) does not exist")
        case .illegalTransition: self.init(.conflict, error.description)
        case .cannotWrite:
            self.init(.storageFull, "the service cannot store anything now", retryAfter: .seconds(30))
        case .repeated(let resource): self.init(.conflict, "\(resource.id) exists already")
        case .keyReused: self.init(.idempotencyKeyReused, error.description)
        case .closed:
            self.init(.draining, "the service is shutting down; try again soon", retryAfter: .seconds(5))
        case .database: self.init(.internalError, "something went wrong here")
        }
    }

    /// What the server itself refuses.
    init(_ error: ServerError) {
        let code: ErrorCode
        var retryAfter: Duration?
        switch error {
        case .notFound: code = .notFound
        case .methodNotAllowed: code = .methodNotAllowed
        case .bodyTooLarge: code = .bodyTooLarge
        case .badRequest: code = .badRequest
        case .headersTooLarge, .tooManyHeaders: code = .headersTooLarge
        case .timeout: code = .requestTimeout
        case .unknownMethod: code = .methodUnknown
        case .unsupportedVersion: code = .httpVersionUnsupported
        case .overloaded(let delay): (code, retryAfter) = (.overloaded, delay)
        case .invalidResponse: code = .internalError
        }
        let detail =
            if case .invalidResponse = error { "something went wrong here" } else { error.message }
        self.init(code, detail, retryAfter: retryAfter)
    }
}

extension Request {
    /// The path without what only its owner may know.
    var loggedPath: String { Self.loggedPath(path) }

    /// The same of a path alone, or of a target that was refused before it was read, and may have a query.
    static func loggedPath(_ path: String) -> String {
        for secret in ["/files/", "/api/upload-links/"] where path.hasPrefix(secret) { return secret + "•••" }
        return String(path.prefix { $0 != "?" })
    }

    /// True for the paths that answer as Soke does.
    var isSoke: Bool { path.hasPrefix("/api/v1/") || path == "/api/v1" }

    /// True for the paths that answer as OpenAI does.
    var isOpenAI: Bool {
        ["/v1/images", "/v1/models"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}

/// The body of an error that the server itself answers, in the shape of the face that was asked.
package func errorResponse(_ error: ServerError, _ request: Request) -> Response {
    if request.isOpus { return .opusProblem(Problem(error)) }
    let problem = Problem(error)
    if request.isOpenAI { return .openAIProblem(problem) }
    return request.isSoke ? .sokeProblem(problem, request) : .problem(problem)
}
