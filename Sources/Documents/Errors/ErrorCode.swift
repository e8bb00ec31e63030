package import ThumbwireKit

/// The codes of everything that can go wrong, as all faces say them; ``row`` says how each face does.
package enum ErrorCode: String, Hashable, Sendable, CaseIterable {
    // The request as HTTP.
    case badRequest = "bad_request"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case methodUnknown = "method_unknown"
    case requestTimeout = "request_timeout"
    case bodyTooLarge = "body_too_large"
    case headersTooLarge = "headers_too_large"
    case httpVersionUnsupported = "http_version_unsupported"
    case mediaTypeUnsupported = "media_type_unsupported"
    case idempotencyKeyInvalid = "idempotency_key_invalid"
    case queryInvalid = "query_invalid"
    case overloaded
    case rateLimited = "rate_limited"

    // Who asks.
    case keyMissing = "key_missing"
    case keyInvalid = "key_invalid"
    case keyExpired = "key_expired"
    case keyRevoked = "key_revoked"
    case scopeMissing = "scope_missing"

    // What is asked for.
    case jsonMalformed = "json_malformed"
    case validationFailed = "validation_failed"
    case platformNotSupported = "platform_not_supported"
    case templateNotFound = "template_not_found"
    case chainUnknown = "chain_unknown"
    case urlInvalid = "url_invalid"
    case urlBlockedPrivateAddress = "url_blocked_private_address"
    case callbackHeaderInvalid = "callback_header_invalid"
    case endpointHandshakeFailed = "endpoint_handshake_failed"

    case sourceUnsupported = "source_unsupported"
    case uploadNotFound = "upload_not_found"
    case uploadExpired = "upload_expired"
    case modelNotFound = "model_not_found"
    case parameterUnknown = "parameter_unknown"
    case providerUnsuitable = "provider_unsuitable"

    // The state of things.
    case creditsInsufficient = "credits_insufficient"
    case capReached = "cap_reached"
    case faceDisabled = "face_disabled"
    case providerPaused = "provider_paused"
    case jobNotRetryable = "job_not_retryable"
    case retryNeedsDecision = "retry_needs_decision"
    case jobFinished = "job_finished"
    case jobNotFinished = "job_not_finished"
    case deliveriesPending = "deliveries_pending"
    case endpointDisabled = "endpoint_disabled"
    case conflict
    case idempotencyKeyReused = "idempotency_key_reused"
    case idempotentResourceGone = "idempotent_resource_gone"
    case draining
    case storageFull = "storage_full"
    case internalError = "internal_error"

    // Why a job failed.
    case jobUnreadable = "job_unreadable"
    case chainUnavailable = "chain_unavailable"
    case jobPoisoned = "job_poisoned"
    case chainWithoutOutput = "chain_without_output"
    case deadlineExceeded = "deadline_exceeded"
    case contentRejected = "content_rejected"
    case providerOutcomeUnknown = "provider_outcome_unknown"
    case providerMisconfigured = "provider_misconfigured"
    case providerUnavailable = "provider_unavailable"
    case providerOutOfFunds = "provider_out_of_funds"
    case providerReturnedNothing = "provider_returned_nothing"
    case providerFailed = "provider_failed"
    case providerTimeout = "provider_timeout"
    case artifactNotFound = "artifact_not_found"
    case fontsMissing = "fonts_missing"
    case imageNotAnImage = "image_not_an_image"
    case imageFormatUnsupported = "image_format_unsupported"
    case imageTooManyPixels = "image_too_many_pixels"
    case imageTooLarge = "image_too_large"
    case imageTruncated = "image_truncated"
    case imageCorrupt = "image_corrupt"
    case imageBudgetUnreachable = "image_budget_unreachable"
    case imageEncodingFailed = "image_encoding_failed"
    case sourceImageNotFound = "source_image_not_found"
    case sourceImageUnreachable = "source_image_unreachable"
    case sourceImageTooLarge = "source_image_too_large"
    case sourceImageBlocked = "source_image_blocked"
    case sourceImageTimeout = "source_image_timeout"
    case sourceImageNotAnImage = "source_image_not_an_image"
    case sourceImageFormatUnsupported = "source_image_format_unsupported"
    case sourceImageTooManyPixels = "source_image_too_many_pixels"
    case sourceImageTruncated = "source_image_truncated"
    case sourceImageCorrupt = "source_image_corrupt"
    case sourceUnreadable = "source_unreadable"
    case titleTooLong = "title_too_long"
    case outputTooLarge = "output_too_large"
    case pluginError = "plugin_error"
    case stepTimeout = "step_timeout"

    /// The code of a failure; one that no table has, as plugins may say, becomes the nearest by its class.
    package init(of failure: Failure) {
        self = ErrorCode(rawValue: failure.code) ?? Self.nearest(to: failure.failureClass)
    }

    private static func nearest(to failureClass: FailureClass) -> ErrorCode {
        switch failureClass {
        case .invalidInput: .validationFailed
        case .contentRejected: .contentRejected
        case .rateLimited: .rateLimited
        case .outOfFunds: .providerOutOfFunds
        case .unavailable: .providerUnavailable
        case .timeout: .stepTimeout
        case .misconfigured: .providerMisconfigured
        case .outcomeUnknown: .providerOutcomeUnknown
        case .internal: .internalError
        }
    }

    /// How the faces say this code.
    package var row: ErrorRow {
        ErrorRow.table[self] ?? ErrorRow("something went wrong", 500, .internalError)
    }
}
