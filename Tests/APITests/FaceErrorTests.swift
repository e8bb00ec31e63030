import Documents
import HTTP
import Testing
import ThumbwireKit

@testable import API

/// Every code on every face: what clients of each rely on, checked against the rules of each and not the table itself.
struct FaceErrorTests {
    private let request = Request(id: "00112233445566778899aabbccddeeff", method: .post, path: "/")

    private func problem(_ code: ErrorCode) -> Problem {
        Problem(code, "what is wrong", retryAfter: .milliseconds(1_500))
    }

    @Test(arguments: ErrorCode.allCases)
    func `native says the code in a problem document`(code: ErrorCode) throws {
        let response = Response.problem(problem(code))
        let body = try response.json()
        #expect((400...599).contains(response.status))
        #expect(body["status"]?.integer == Int64(response.status))
        #expect(body["code"]?.string == code.rawValue)
        #expect(body["detail"] == "what is wrong")
        #expect(body.object?.names.prefix(5) == ["type", "title", "status", "detail", "code"])
        #expect(response.headers["Content-Type"] == "application/problem+json")
        expectHeaders(response)
    }

    /// The codes and their statuses as Soke documents them; what HTTP itself answers keeps its status.
    private static let sokeStatuses: [String: Set<Int>] = [
        "BAD_REQUEST": [400, 405, 408, 409, 410, 413, 415, 431, 501, 505], "UNAUTHORIZED": [401],
        "INSUFFICIENT_CREDITS": [402], "FORBIDDEN": [403], "NOT_FOUND": [404], "RATE_LIMIT_EXCEEDED": [429],
        "INTERNAL_ERROR": [500, 503], "PLATFORM_NOT_IMPLEMENTED": [501],
    ]

    @Test(arguments: ErrorCode.allCases)
    func `Soke says one of its codes with its status`(code: ErrorCode) throws {
        let response = Response.sokeProblem(problem(code), request)
        let body = try response.json()
        let name = try #require(body["error"]?["code"]?.string)
        #expect(Self.sokeStatuses[name]?.contains(response.status) == true, "\(name) \(response.status)")
        #expect(body.object?.names == ["success", "error", "meta"])
        #expect(body["success"] == false)
        #expect(body["error"]?["message"] == "what is wrong")
        #expect(body["error"]?["details"]?["code"]?.string == code.rawValue)
        #expect(body["error"]?["details"]?["retryAfter"] == 2)
        #expect(body["meta"]?["request_id"] == "00112233-4455-6677-8899-aabbccddeeff")
        expectHeaders(response)
    }

    /// `errorName` and `error` by status.
    private static let opusNames: [Int: (String, String)] = [
        400: ("Bad Request", "Bad Request"), 401: ("Unauthorized", "Unauthorized"),
        402: ("QuotaExceed", "Payment Required"), 403: ("Forbidden", "Forbidden"),
        404: ("NotFound", "Not Found"), 405: ("MethodNotAllowed", "Method Not Allowed"),
        408: ("RequestTimeout", "Request Timeout"), 409: ("Conflict", "Conflict"), 410: ("Gone", "Gone"),
        413: ("PayloadTooLarge", "Payload Too Large"),
        415: ("UnsupportedMediaType", "Unsupported Media Type"),
        429: ("TooManyRequests", "Too Many Requests"),
        431: ("RequestHeaderFieldsTooLarge", "Request Header Fields Too Large"),
        500: ("InternalServerError", "Internal Server Error"), 501: ("NotImplemented", "Not Implemented"),
        502: ("BadGateway", "Bad Gateway"), 503: ("ServiceUnavailable", "Service Unavailable"),
        504: ("GatewayTimeout", "Gateway Timeout"),
        505: ("HttpVersionNotSupported", "HTTP Version Not Supported"),
    ]

    @Test(arguments: ErrorCode.allCases)
    func `Opus says all that its clients read`(code: ErrorCode) throws {
        let response = Response.opusProblem(problem(code), upgradeURL: "https://thumbs.example")
        let body = try response.json()
        let (name, reason) = try #require(Self.opusNames[response.status], "\(response.status)")
        #expect(body["statusCode"]?.integer == Int64(response.status))
        #expect(body["errorName"]?.string == name)
        #expect(body["error"]?.string == reason)
        #expect(body["errorMessage"] == "what is wrong")
        #expect(body["message"] == "what is wrong")
        expectHeaders(response)
        let isCap = code == .capReached
        #expect(body["code"]?.string == (isCap ? "API_DAILY_CAP_REACHED" : code.rawValue))
        #expect((body["upgrade_url"] != nil) == isCap)
        #expect((body["reset_at"] != nil) == isCap)
    }

    /// SDKs retry 409 and 408 by themselves, and know no 422 for what they sent.
    @Test(arguments: ErrorCode.allCases)
    func `OpenAI has a status, a type and a code for it`(code: ErrorCode) {
        let row = code.row.openAI
        let types = [
            "invalid_request_error", "rate_limit_error", "insufficient_quota", "server_error",
            "image_generation_user_error",
        ]
        #expect((400...599).contains(row.status))
        #expect(![409, 415, 422].contains(row.status))
        #expect(types.contains(row.type))
        #expect(row.code?.isEmpty != true)
        if code == .creditsInsufficient || code == .providerOutcomeUnknown { #expect(!row.isRetryable) }
    }

    /// Codes that OpenAI's clients know by other names than ours.
    private static let openAICodes: [ErrorCode: String] = [
        .keyMissing: "invalid_api_key", .keyInvalid: "invalid_api_key", .keyExpired: "invalid_api_key",
        .keyRevoked: "invalid_api_key", .validationFailed: "invalid_value",
        .parameterUnknown: "unknown_parameter", .rateLimited: "rate_limit_exceeded",
        .creditsInsufficient: "insufficient_quota", .capReached: "insufficient_quota",
        .contentRejected: "moderation_blocked",
    ]
    /// What OpenAI's SDKs would send again, and must not: it costs, or gets the same answer.
    private static let openAIFinal: Set<ErrorCode> = [
        .creditsInsufficient, .capReached, .faceDisabled, .methodUnknown, .httpVersionUnsupported,
        .jobPoisoned, .providerOutcomeUnknown,
    ]

    @Test(arguments: ErrorCode.allCases)
    func `OpenAI says four keys, its version, and whether to try again`(code: ErrorCode) throws {
        var problem = problem(code)
        problem.errors = [FieldError(pointer: "/images/0/image_url", detail: "what is wrong", code: code)]
        let response = Response.openAIProblem(problem)
        let body = try response.json()
        let error = try #require(body["error"]?.object)
        #expect(body.object?.names == ["error"])
        #expect(error.names == ["message", "type", "param", "code"])
        #expect(error["message"] == "what is wrong")
        #expect(error["type"]?.string == code.row.openAI.type)
        #expect(error["param"] == "images[0].image_url")
        #expect(error["code"]?.string == Self.openAICodes[code] ?? code.rawValue)
        #expect(response.headers["openai-version"] == "2020-10-01")
        #expect(response.headers["Content-Type"] == "application/json")
        let wouldRetry = response.status == 408 || response.status == 429 || response.status >= 500
        let mayRetry = wouldRetry && !Self.openAIFinal.contains(code)
        #expect(response.headers["x-should-retry"] == (mayRetry ? nil : "false"))
        expectHeaders(response)
    }

    @Test func `OpenAI has no parameter where none is wrong`() throws {
        let body = try Response.openAIProblem(problem(.keyInvalid)).json()
        #expect(body["error"]?["param"] == .null)
    }

    /// Whose mistake it is, all faces agree on: a client must not retry what it has to change.
    @Test(arguments: ErrorCode.allCases)
    func `the faces agree on whose mistake it is`(code: ErrorCode) {
        let row = code.row
        let isOurs = row.status >= 500
        #expect((row.opus.status >= 500) == isOurs)
        #expect((row.openAI.status >= 500) == isOurs)
        // Soke says 501 for platforms that are to come.
        if code != .platformNotSupported { #expect((row.sokeStatus >= 500) == isOurs) }
    }

    private func expectHeaders(_ response: Response, _ location: SourceLocation = #_sourceLocation) {
        #expect(response.headers["Retry-After"] == "2", sourceLocation: location)
        #expect(
            (response.headers["WWW-Authenticate"] != nil) == (response.status == 401),
            sourceLocation: location)
    }

    @Test func `figures go where each face has room for them`() throws {
        let problem = Problem(.creditsInsufficient, "too few", figures: ["required": 4, "available": 1])
        #expect(problem.json()["available"] == 1)
        #expect(problem.sokeJSON(requestID: "r")["error"]?["details"]?["required"] == 4)
        #expect(problem.opusJSON()["available"] == 1)
    }

    @Test(arguments: [
        "/api/generative-jobs", "/api/generative-jobs/x/y", "/api/upload-links", "/api/upload-links/a/b",
    ])
    func `the server's own refusals under Opus' paths are Opus'`(path: String) throws {
        let request = Request(method: .post, path: path)
        let busy = errorResponse(.overloaded(retryAfter: .seconds(2)), request)
        #expect(busy.status == 503)
        #expect(busy.headers["Retry-After"] == "2")
        #expect(try busy.json()["errorName"] == "ServiceUnavailable")
        #expect(try errorResponse(.bodyTooLarge(limit: 9), request).json()["statusCode"] == 413)
    }

    @Test func `upload links never reach the log`() {
        #expect(Request(method: .put, path: "/api/upload-links/secret").loggedPath == "/api/upload-links/•••")
        #expect(Request(method: .post, path: "/api/upload-links").loggedPath == "/api/upload-links")
    }
}
