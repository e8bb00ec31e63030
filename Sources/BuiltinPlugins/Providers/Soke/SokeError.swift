import ThumbwireKit

/// The error of Soke's envelope, or of work that failed.
enum SokeError: Hashable {
    /// One of the codes that Soke's documents list for calls.
    case code(Code)
    /// Another code, or none.
    case other(String?)

    /// usesoke.ai/docs/api-reference, "Error codes".
    enum Code: String {
        case badRequest = "BAD_REQUEST"
        case unauthorized = "UNAUTHORIZED"
        case insufficientCredits = "INSUFFICIENT_CREDITS"
        case forbidden = "FORBIDDEN"
        case subscriptionRequired = "SUBSCRIPTION_REQUIRED"
        case notFound = "NOT_FOUND"
        case rateLimitExceeded = "RATE_LIMIT_EXCEEDED"
        case internalError = "INTERNAL_ERROR"
        case platformNotImplemented = "PLATFORM_NOT_IMPLEMENTED"
    }

    init(_ reply: ProviderReply) {
        let word = reply.word(at: ["error.code", "data.error.code"])
        self = word.flatMap { Code(rawValue: $0.uppercased()) }.map(SokeError.code) ?? .other(word)
    }

    /// True for complaints about a call, which say nothing of the work that it asks for.
    var isAboutTheCall: Bool {
        switch self {
        case .code(.badRequest), .code(.insufficientCredits): false
        case .code: true
        case .other: false
        }
    }
}

extension SokeAPI {
    /// A minute's window cannot be further away; a reset beyond it is the month's.
    private static let longestWindow = Duration.seconds(600)

    /// What a refusal means: by its code where that says why the order was not taken, else by its status.
    ///
    /// `INTERNAL_ERROR` is what Soke says when it broke off, at whichever point: an order may have been taken. Only
    /// with a status of 503 (RFC 9110 §15.6.4, unable to handle the request) does Soke's own envelope prove that none
    /// was; without the envelope it may come from something in between.
    func failure(for reply: ProviderReply, _ errand: ProviderAccount.Errand) -> Failure {
        let isItsOwn = reply.value(at: ["success"])?.bool == false
        let isRefusal = isItsOwn || (400..<500).contains(reply.status)
        if errand != .question, isRefusal, reply.isContentRefusal {
            return account.failure(.contentRejected, "content_rejected", reply, errand)
        }
        switch SokeError(reply) {
        case .code(.badRequest):
            return account.failure(.invalidInput, "validation_failed", reply, errand)
        case .code(.platformNotImplemented):
            return account.failure(.invalidInput, "platform_not_supported", reply, errand)
        case .code(.unauthorized), .code(.forbidden), .code(.notFound):
            return account.failure(.misconfigured, "provider_misconfigured", reply, errand)
        case .code(.insufficientCredits), .code(.subscriptionRequired):
            return account.failure(.outOfFunds, "provider_out_of_funds", reply, errand)
        case .code(.rateLimitExceeded): return tooMany(reply, errand)
        case .code(.internalError), .other:
            if reply.status == 429 { return tooMany(reply, errand) }
            return isItsOwn && reply.status == 503
                ? account.failure(.unavailable, "provider_unavailable", reply, errand)
                : account.failure(for: reply, errand)
        }
    }

    /// Soke says the minute's limit and the month's quota with the same code.
    private func tooMany(_ reply: ProviderReply, _ errand: ProviderAccount.Errand) -> Failure {
        let wait = reply.retryAfter ?? reply.moment(header: "X-Soke-Reset").map { reply.wait(until: $0) }
        let words = reply.complaint?.lowercased() ?? ""
        let isQuota =
            wait.map { $0 > Self.longestWindow } == true || words.contains("month")
            || reply.count(header: "X-Soke-Credits-Remaining") == 0
        return isQuota && errand != .question
            ? account.failure(.outOfFunds, "provider_out_of_funds", reply, errand, retryAfter: wait)
            : account.failure(.rateLimited, "rate_limited", reply, errand, retryAfter: wait)
    }

    /// Soke's word that the work failed. Its documents do not say that credits come back then, so that what it gives no
    /// reason for is of a class after which no other provider is asked, unless the chain's `failoverOn` lists it.
    func verdict(_ error: SokeError, _ reply: ProviderReply) -> Failure {
        let (failureClass, code): (FailureClass, String) =
            if reply.isContentRefusal {
                (.contentRejected, "content_rejected")
            } else if error == .code(.insufficientCredits) {
                (.outOfFunds, "provider_out_of_funds")
            } else {
                (.invalidInput, "provider_returned_nothing")
            }
        let words = reply.complaint.map { ": \($0)" } ?? ""
        return Failure(
            failureClass, code: code, message: "Soke could not make the picture\(words)", detail: reply.shape)
    }
}
