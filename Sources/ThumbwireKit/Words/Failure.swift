/// What kind of failure it is; decided where the failure is understood, and all that retry and fail-over look at.
public enum FailureClass: String, Hashable, Sendable, CaseIterable {
    /// The request can never work as it is.
    case invalidInput = "invalid_input"
    /// A safety system refused the content.
    case contentRejected = "content_rejected"
    /// Too many requests; nothing was bought.
    case rateLimited = "rate_limited"
    /// The account at the provider has no money or quota left.
    case outOfFunds = "out_of_funds"
    /// The other side is down or says so; nothing was bought.
    case unavailable
    /// It took too long, and nothing was bought.
    case timeout
    /// A key or setting of the operator is wrong.
    case misconfigured
    /// Something may have been bought and the answer was lost.
    case outcomeUnknown = "outcome_unknown"
    /// A mistake of ours or of a plugin.
    case `internal`

    /// True where the same call may succeed later and repeating it cannot buy twice.
    public var isRetryable: Bool {
        switch self {
        case .rateLimited, .unavailable, .timeout, .internal: true
        case .invalidInput, .contentRejected, .outOfFunds, .misconfigured, .outcomeUnknown: false
        }
    }
}

/// Why a step or a job failed: a code for machines, a sentence for the client, and detail for the log only.
public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public var failureClass: FailureClass
    /// Stable, `snake_case`, one of the documented codes.
    public var code: String
    /// What went wrong, with which value and limit; clients see it, at most 500 characters.
    public var message: String
    /// When to try again, where the other side said so.
    public var retryAfter: Duration?
    /// For the log only.
    public var detail: String?

    /// A failure.
    public init(
        _ failureClass: FailureClass, code: String, message: String, retryAfter: Duration? = nil,
        detail: String? = nil
    ) {
        self.failureClass = failureClass
        self.code = code
        self.message = String(message.prefix(500))
        self.retryAfter = retryAfter
        self.detail = detail
    }

    /// Code and message.
    public var description: String { "\(code): \(message)" }
}

/// Something the client should know about a job that went on all the same.
public struct Warning: Hashable, Sendable {
    /// Stable, `snake_case`.
    public var code: String
    /// What happened and what was done instead.
    public var message: String

    /// A warning.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
