/// How each face says one error.
package struct ErrorRow: Hashable, Sendable {
    /// A few words that are the same for every occurrence.
    package var title: String
    /// The status on the native face.
    package var status: Int
    package var sokeCode: SokeErrorCode
    /// Soke documents one status for each of its codes; what HTTP itself demands, such as 405, stays.
    package var sokeStatus: Int
    package var opus: OpusError
    package var openAI: OpenAIError

    init(
        _ title: String, _ status: Int, _ sokeCode: SokeErrorCode, _ sokeStatus: Int? = nil,
        opus: OpusError? = nil, openAI: OpenAIError? = nil
    ) {
        self.title = title
        self.status = status
        self.sokeCode = sokeCode
        self.sokeStatus = sokeStatus ?? sokeCode.status
        self.opus = opus ?? OpusError(standardFor: status)
        self.openAI = openAI ?? OpenAIError(standardFor: status)
    }
}

/// How the Opus face says an error: `errorName`, `errorMessage`, and the members its clients know besides.
package struct OpusError: Hashable, Sendable {
    package var status: Int
    package var name: String

    package init(_ status: Int, _ name: String) {
        self.status = status
        self.name = name
    }

    /// What a status is called where nothing else is known. Documented are `Bad Request` and `QuotaExceed`; the others
    /// are named as the framework does that Opus' API is written in. Invalid bodies are 400 there.
    init(standardFor status: Int) {
        self =
            switch status {
            case 400, 409, 422: OpusError(400, "Bad Request")
            case 401: OpusError(401, "Unauthorized")
            case 402: OpusError(402, "QuotaExceed")
            case 403: OpusError(403, "Forbidden")
            case 404: OpusError(404, "NotFound")
            case 405: OpusError(405, "MethodNotAllowed")
            case 408: OpusError(408, "RequestTimeout")
            case 410: OpusError(410, "Gone")
            case 413: OpusError(413, "PayloadTooLarge")
            case 415: OpusError(415, "UnsupportedMediaType")
            case 429: OpusError(429, "TooManyRequests")
            case 431: OpusError(431, "RequestHeaderFieldsTooLarge")
            case 501: OpusError(501, "NotImplemented")
            case 502: OpusError(502, "BadGateway")
            case 503: OpusError(503, "ServiceUnavailable")
            case 504: OpusError(504, "GatewayTimeout")
            case 505: OpusError(505, "HttpVersionNotSupported")
            case 500...: OpusError(500, "InternalServerError")
            default: OpusError(400, "Bad Request")
            }
    }

    /// The status in the words of HTTP (RFC 9110 §15), which clients show.
    var reason: String {
        switch status {
        case 402: "Payment Required"
        case 505: "HTTP Version Not Supported"
        default: name.contains(" ") ? name : spaced(name)
        }
    }
}

/// `TooManyRequests` as `Too Many Requests`.
private func spaced(_ name: String) -> String {
    var text = ""
    for letter in name {
        if letter.isUppercase, !text.isEmpty { text.append(" ") }
        text.append(letter)
    }
    return text
}

/// How the OpenAI face says an error: `error{message,type,param,code}`.
package struct OpenAIError: Hashable, Sendable {
    package var status: Int
    package var type: String
    /// `nil` is the code of the table.
    package var code: String?
    /// True where the official SDK's own retry could help; said as `x-should-retry`.
    package var isRetryable: Bool

    package init(_ status: Int, _ type: String, _ code: String? = nil, isRetryable: Bool? = nil) {
        self.status = status
        self.type = type
        self.code = code
        self.isRetryable = isRetryable ?? (status == 429 || status >= 500)
    }

    /// What a status is called where nothing else is known: SDKs retry 409, so that conflicts are 400 there.
    init(standardFor status: Int) {
        self =
            switch status {
            case 409, 415, 422: OpenAIError(400, "invalid_request_error")
            case 429: OpenAIError(429, "rate_limit_error", "rate_limit_exceeded")
            case 500...: OpenAIError(status, "server_error")
            default: OpenAIError(status, "invalid_request_error")
            }
    }
}

/// The codes that Soke's clients know.
package enum SokeErrorCode: String, Hashable, Sendable, CaseIterable {
    case badRequest = "BAD_REQUEST"
    case unauthorized = "UNAUTHORIZED"
    case insufficientCredits = "INSUFFICIENT_CREDITS"
    case forbidden = "FORBIDDEN"
    case subscriptionRequired = "SUBSCRIPTION_REQUIRED"
    case notFound = "NOT_FOUND"
    case rateLimitExceeded = "RATE_LIMIT_EXCEEDED"
    case internalError = "INTERNAL_ERROR"
    case platformNotImplemented = "PLATFORM_NOT_IMPLEMENTED"
    /// Inside a 200 only: the job itself failed.
    case processingError = "PROCESSING_ERROR"

    /// The status that Soke documents for the code.
    package var status: Int {
        switch self {
        case .badRequest: 400
        case .unauthorized: 401
        case .insufficientCredits: 402
        case .forbidden, .subscriptionRequired: 403
        case .notFound: 404
        case .rateLimitExceeded: 429
        case .internalError: 500
        case .platformNotImplemented: 501
        case .processingError: 200
        }
    }
}

extension ErrorRow {
    /// The one table of errors. A job's failures have a status too: a face that waits for the picture answers it.
    package static let table: [ErrorCode: ErrorRow] = [
        .badRequest: ErrorRow("the request breaks HTTP", 400, .badRequest),
        .notFound: ErrorRow("not found", 404, .notFound),
        .methodNotAllowed: ErrorRow("method not allowed", 405, .badRequest, 405),
        .methodUnknown: ErrorRow(
            "method unknown", 501, .badRequest, 501,
            openAI: OpenAIError(501, "invalid_request_error", isRetryable: false)),
        .requestTimeout: ErrorRow(
            "the request took too long", 408, .badRequest, 408,
            openAI: OpenAIError(408, "invalid_request_error", isRetryable: true)),
        .bodyTooLarge: ErrorRow("the body is too large", 413, .badRequest, 413),
        .headersTooLarge: ErrorRow("the headers are too large", 431, .badRequest, 431),
        .httpVersionUnsupported: ErrorRow(
            "HTTP version unsupported", 505, .badRequest, 505,
            openAI: OpenAIError(505, "invalid_request_error", isRetryable: false)),
        .mediaTypeUnsupported: ErrorRow("media type unsupported", 415, .badRequest, 415),
        .idempotencyKeyInvalid: ErrorRow("the idempotency key is invalid", 422, .badRequest),
        .queryInvalid: ErrorRow("a query parameter is invalid", 422, .badRequest),
        .overloaded: ErrorRow("too many requests are waiting", 503, .internalError, 503),
        .rateLimited: ErrorRow("too many requests", 429, .rateLimitExceeded),

        .keyMissing: ErrorRow(
            "an API key is needed", 401, .unauthorized,
            openAI: OpenAIError(401, "invalid_request_error", "invalid_api_key")),
        .keyInvalid: ErrorRow(
            "the API key is unknown", 401, .unauthorized,
            openAI: OpenAIError(401, "invalid_request_error", "invalid_api_key")),
        .keyExpired: ErrorRow(
            "the API key has expired", 401, .unauthorized,
            openAI: OpenAIError(401, "invalid_request_error", "invalid_api_key")),
        .keyRevoked: ErrorRow(
            "the API key was revoked", 401, .unauthorized,
            openAI: OpenAIError(401, "invalid_request_error", "invalid_api_key")),
        .scopeMissing: ErrorRow("the API key may not do this", 403, .forbidden),

        .jsonMalformed: ErrorRow("the body is not JSON", 400, .badRequest),
        .validationFailed: ErrorRow(
            "the request is invalid", 422, .badRequest,
            openAI: OpenAIError(400, "invalid_request_error", "invalid_value")),
        .platformNotSupported: ErrorRow("platform not supported", 422, .platformNotImplemented),
        .templateNotFound: ErrorRow("no such template", 422, .badRequest),
        .chainUnknown: ErrorRow("no such chain", 422, .badRequest),
        .urlInvalid: ErrorRow("a URL is invalid", 422, .badRequest),
        .urlBlockedPrivateAddress: ErrorRow("a URL leads to a private address", 422, .badRequest),
        .callbackHeaderInvalid: ErrorRow("a callback header is invalid", 422, .badRequest),
        .endpointHandshakeFailed: ErrorRow("the endpoint did not shake hands", 422, .badRequest),

        .jobFinished: ErrorRow("the job is finished", 409, .badRequest),
        .jobNotFinished: ErrorRow("the job is not finished", 409, .badRequest),
        .deliveriesPending: ErrorRow("events of the job wait to be delivered", 409, .badRequest),
        .endpointDisabled: ErrorRow("the endpoint is disabled", 409, .badRequest),
        .conflict: ErrorRow("it exists already", 409, .badRequest),
        .idempotencyKeyReused: ErrorRow(
            "the idempotency key came with another request", 409, .badRequest, 409,
            opus: OpusError(409, "Conflict")),
        .idempotentResourceGone: ErrorRow(
            "what the request made before is deleted", 410, .badRequest, 410),
        .creditsInsufficient: ErrorRow(
            "the account has too few credits", 402, .insufficientCredits,
            openAI: OpenAIError(429, "insufficient_quota", "insufficient_quota", isRetryable: false)),
        .providerPaused: ErrorRow("every provider is paused", 503, .internalError, 503),
        .providerUnsuitable: ErrorRow("no provider can serve this", 422, .badRequest),
        .sourceUnsupported: ErrorRow("no provider reads this source", 422, .badRequest),
        .uploadNotFound: ErrorRow("no such upload", 422, .badRequest),
        .uploadExpired: ErrorRow("the upload link is too old", 410, .badRequest, 410),
        .modelNotFound: ErrorRow(
            "no such model", 404, .notFound,
            openAI: OpenAIError(404, "invalid_request_error", "model_not_found")),
        .parameterUnknown: ErrorRow(
            "a parameter is unknown", 422, .badRequest,
            openAI: OpenAIError(400, "invalid_request_error", "unknown_parameter")),
        .faceDisabled: ErrorRow(
            "this interface is switched off", 503, .internalError, 503,
            openAI: OpenAIError(503, "server_error", isRetryable: false)),
        .capReached: ErrorRow(
            "the cap is reached", 429, .rateLimitExceeded,
            openAI: OpenAIError(429, "insufficient_quota", "insufficient_quota", isRetryable: false)),
        .jobNotRetryable: ErrorRow("the job cannot be tried again", 409, .badRequest),
        .retryNeedsDecision: ErrorRow("a retry could pay twice", 409, .badRequest),
        .draining: ErrorRow("the service is shutting down", 503, .internalError, 503),
        .storageFull: ErrorRow("the storage is full", 503, .internalError, 503),
        .internalError: ErrorRow("something went wrong here", 500, .internalError),

        .jobUnreadable: ErrorRow("what was stored of the job is damaged", 500, .internalError),
        .chainUnavailable: ErrorRow("the job's chain is not installed any more", 500, .internalError),
        .jobPoisoned: ErrorRow(
            "the service ended again and again while it worked on the job", 500, .internalError,
            openAI: OpenAIError(500, "server_error", isRetryable: false)),
        .chainWithoutOutput: ErrorRow("the chain makes no picture", 500, .internalError),
        .deadlineExceeded: ErrorRow("the job's deadline has passed", 504, .internalError),
        .contentRejected: ErrorRow(
            "the content was refused", 422, .badRequest,
            openAI: OpenAIError(400, "image_generation_user_error", "moderation_blocked")),
        .providerOutcomeUnknown: ErrorRow(
            "the provider's answer was lost", 502, .internalError,
            openAI: OpenAIError(502, "server_error", isRetryable: false)),
        .providerMisconfigured: ErrorRow("a provider is misconfigured", 500, .internalError),
        .providerUnavailable: ErrorRow("no provider is available", 502, .internalError),
        .providerOutOfFunds: ErrorRow("a provider's account has no funds", 502, .internalError),
        .providerReturnedNothing: ErrorRow("the provider returned no picture", 502, .internalError),
        .providerFailed: ErrorRow("the provider could not make the picture", 502, .internalError),
        .providerTimeout: ErrorRow("the provider did not answer in time", 504, .internalError),
        .fontsMissing: ErrorRow("the service has no fonts", 500, .internalError),
        .imageNotAnImage: ErrorRow("a picture of the job is not a picture", 500, .internalError),
        .imageFormatUnsupported: ErrorRow("a picture of the job has another format", 500, .internalError),
        .imageTooManyPixels: ErrorRow("a picture of the job has too many pixels", 500, .internalError),
        .imageTooLarge: ErrorRow("a picture of the job is too large", 500, .internalError),
        .imageTruncated: ErrorRow("a picture of the job ends too early", 500, .internalError),
        .imageCorrupt: ErrorRow("a picture of the job is corrupt", 500, .internalError),
        .imageBudgetUnreachable: ErrorRow("the picture cannot be made small enough", 422, .badRequest),
        .imageEncodingFailed: ErrorRow("the picture cannot be encoded", 500, .internalError),
        .artifactNotFound: ErrorRow("a stored file is gone", 500, .internalError),
        .sourceImageNotFound: ErrorRow("the source image is not there", 422, .badRequest),
        .sourceImageUnreachable: ErrorRow("the source image cannot be fetched", 422, .badRequest),
        .sourceImageTooLarge: ErrorRow("the source image is too large", 422, .badRequest),
        .sourceImageBlocked: ErrorRow("the source image is at a refused address", 422, .badRequest),
        .sourceImageTimeout: ErrorRow("the source image did not arrive in time", 422, .badRequest),
        .sourceImageNotAnImage: ErrorRow("the source image is not a picture", 422, .badRequest),
        .sourceImageFormatUnsupported: ErrorRow("the source image has another format", 422, .badRequest),
        .sourceImageTooManyPixels: ErrorRow("the source image has too many pixels", 422, .badRequest),
        .sourceImageTruncated: ErrorRow("the source image ends too early", 422, .badRequest),
        .sourceImageCorrupt: ErrorRow("the source image is corrupt", 422, .badRequest),
        .sourceUnreadable: ErrorRow("nothing could be found out about the video", 422, .badRequest),
        .titleTooLong: ErrorRow("the title does not fit", 422, .badRequest),
        .outputTooLarge: ErrorRow("the picture cannot be made small enough", 422, .badRequest),
        .pluginError: ErrorRow("a plugin failed", 500, .internalError),
        .stepTimeout: ErrorRow("a step took too long", 504, .internalError),
    ]
}
