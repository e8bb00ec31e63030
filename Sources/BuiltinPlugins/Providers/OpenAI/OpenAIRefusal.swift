import ThumbwireKit

/// An answer that is no picture, as the error object of the API tells it.
///
/// What it proves of the purchase: OpenAI bills delivered pictures alone, so that its own error object says that
/// nothing was bought, whatever the status. A 5xx without that object comes from a gateway between, which cannot know
/// what the model went on doing; 504 and Cloudflare's 520–527 say just that, with or without an object, and so do 408
/// and 499, with which Azure and proxies say that they waited no longer for the model.
struct OpenAIRefusal {
    /// `error.code`, or where there is none its `type`.
    private let code: String
    private let type: String
    private let param: String?
    private let message: String
    private let moderation: JSONValue?
    /// The body is the API's own error object.
    private let isOwn: Bool
    private let status: Int
    private let retryAfter: Duration?
    private let requestID: String?

    /// Reads an answer other than 2xx.
    init(_ response: PluginResponse, now: Timestamp) {
        let error = (try? JSONValue(parsing: response.body))?["error"]
        self.init(
            error, status: response.status, requestID: response.header("x-request-id"),
            retryAfter: OpenAIRateLimit(response).retryAfter(
                message: error?["message"]?.string ?? "", now: now)
        )
    }

    /// Reads an `error` event of a stream.
    init(event: JSONValue) {
        let error = event["error"].flatMap { $0.object == nil ? nil : $0 } ?? event
        let message = error["message"]?.string ?? ""
        self.init(
            error, status: Self.inStream, requestID: nil,
            retryAfter: OpenAIRateLimit.seconds(inSentence: message).map { .seconds($0) })
    }

    private init(_ error: JSONValue?, status: Int, requestID: String?, retryAfter: Duration?) {
        type = error?["type"]?.string ?? ""
        // Some compatible servers send numbers.
        code = error?["code"]?.string ?? ""
        param = error?["param"]?.string
        message = error?["message"]?.string ?? error?.string ?? ""
        moderation = error?["moderation_details"]
        isOwn = error?["message"]?.string != nil
        self.status = status
        self.requestID = requestID.map { String($0.prefix(100)) }
        self.retryAfter = retryAfter
    }

    /// True where it is not proved that nothing was bought.
    private var isUncertain: Bool {
        [408, 499, 504].contains(status) || (520...527).contains(status) || (status >= 500 && !isOwn)
    }

    /// The failure of a create. `redact` takes keys out of the other side's words.
    func failure(_ redact: (String) -> String) -> Failure {
        let (failureClass, code, sentence) = verdict
        let categories = moderation.map { " " + String(decoding: $0.serialized(), as: UTF8.self) } ?? ""
        let request = requestID.map { " request \($0)" } ?? ""
        let words = "\(status) \(type) \(self.code) \(param ?? ""): \(message)\(categories)\(request)"
        let waits = [.rateLimited, .unavailable].contains(failureClass)
        let said = isPromptAtFault ? "\(sentence): \(message)" : sentence
        return Failure(
            failureClass, code: code, message: redact(said), retryAfter: waits ? retryAfter : nil,
            detail: redact(String(words.prefix(2_000))))
    }

    private typealias Verdict = (FailureClass, code: String, sentence: String)

    private var verdict: Verdict {
        if let verdict = verdictByCode { return verdict }
        if isUncertain {
            return (
                .outcomeUnknown, "provider_outcome_unknown",
                "the image service's gateway answered \(status) after the order was sent"
            )
        }
        switch status {
        case 300..<400:
            return (
                .misconfigured, "provider_misconfigured", "the image service's address redirects elsewhere"
            )
        case 401:
            return (.misconfigured, "provider_misconfigured", "the image service does not accept the API key")
        case 402: return (.outOfFunds, "provider_out_of_funds", "the image service's account has no funds")
        case 403:
            return (
                .misconfigured, "provider_misconfigured",
                isVerificationMissing
                    ? "the organization must be verified at OpenAI to use this model"
                    : "the image service denies the API key access to this"
            )
        case 404, 405, 410:
            return (
                .misconfigured, "provider_misconfigured", "the image service has no such model or address"
            )
        case 409:
            return (.unavailable, "provider_unavailable", "the image service did not take the order")
        case 413:
            return (
                .invalidInput, "source_image_too_large", "the pictures are too large for the image service"
            )
        case 429: return (.rateLimited, "rate_limited", "the image service asks for fewer requests")
        case 500...: return (.unavailable, "provider_unavailable", "the image service answered \(status)")
        case Self.inStream where type != "invalid_request_error":
            return (.unavailable, "provider_unavailable", "the image service ended the work with an error")
        default: return refusal
        }
    }

    /// Codes that mean the same whatever the status.
    private var verdictByCode: Verdict? {
        let said = [code, type]
        if said.contains(where: Self.contentCodes.contains) {
            let isOutput = moderation?["moderation_stage"]?.string == "output"
            let what = isOutput ? "the picture that was made" : "the prompt or the pictures given"
            return (.contentRejected, "content_rejected", "OpenAI's safety system refused \(what)")
        }
        if said.contains(where: Self.fundsCodes.contains) || message.contains("Billing hard limit") {
            return (
                .outOfFunds, "provider_out_of_funds", "the image service's account has no funds or quota left"
            )
        }
        if said.contains(where: ["rate_limit_exceeded", "rate_limit_error"].contains), status < 500 {
            return (.rateLimited, "rate_limited", "the image service asks for fewer requests")
        }
        if said.contains(where: ["model_not_found", "DeploymentNotFound"].contains) {
            return (.misconfigured, "provider_misconfigured", "the image service has no such model")
        }
        return nil
    }

    /// A 4xx about a member of the request: the prompt and the pictures are the client's, all others are ours.
    private var refusal: Verdict {
        if isPromptAtFault {
            return (.invalidInput, "validation_failed", "prompt: the image service refused it")
        }
        if Self.imageParameters.contains(param ?? "") || Self.imageCodes.contains(code) {
            let field = param == "mask" ? "maskImageUrl" : "sourceImageUrl or referenceImageUrl"
            return (.invalidInput, "validation_failed", "\(field): the image service cannot read it")
        }
        let member = param.map { " \($0.prefix(40))" } ?? ""
        return (
            .misconfigured, "provider_misconfigured",
            "the image service refused the request's\(member) setting"
        )
    }

    private var isPromptAtFault: Bool {
        (param == "prompt" || type == "image_generation_user_error") && verdictByCode == nil
            && ((400..<500).contains(status) || status == Self.inStream)
    }

    private var isVerificationMissing: Bool { message.lowercased().contains("must be verified") }

    /// In place of a status: the error came as an event.
    private static let inStream = 0
    private static let contentCodes: Set<String> = [
        "moderation_blocked", "content_policy_violation", "image_content_policy_violation", "content_filter",
        "contentFilter", "ResponsibleAIPolicyViolation",
    ]
    private static let fundsCodes: Set<String> = [
        "billing_hard_limit_reached", "insufficient_quota", "billing_not_active",
    ]
    private static let imageParameters: Set<String> = ["image", "image[]", "images", "mask"]
    private static let imageCodes: Set<String> = [
        "invalid_image", "invalid_image_url", "image_too_large", "image_parse_error", "invalid_image_file",
        "invalid_image_format",
    ]
}
