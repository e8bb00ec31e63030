import ThumbwireKit

extension OpusAPI {
    /// Where Opus names none: a window is a minute, a parallel job takes minutes.
    private static let tooManyWait = Duration.seconds(60)
    /// Where Opus names none for its switched-off API.
    private static let pausedWait = Duration.seconds(300)

    /// What a refusal means. Opus documents three shapes of error body and no status of 5xx but 503, so that any other
    /// one leaves open whether an order was taken.
    func failure(for reply: ProviderReply, _ errand: ProviderAccount.Errand) -> Failure {
        if errand != .question, reply.status < 500, reply.isContentRefusal {
            return account.failure(.contentRejected, "content_rejected", reply, errand)
        }
        switch reply.status {
        case 402: return outOfFunds(reply, errand)
        case 403: return isQuota(reply) ? outOfFunds(reply, errand) : account.failure(for: reply, errand)
        // The window, the day's cap, or `X-Cap-Reason: concurrent`: all of them pass.
        case 429:
            return account.failure(
                .rateLimited, "rate_limited", reply, errand, retryAfter: reply.retryAfter ?? Self.tooManyWait)
        // The kill switch: "paused, not that something is wrong with your call". Without a word in Opus's own shapes it
        // may come from something in between, which had passed the order on.
        case 503 where errand == .preparation || (errand == .purchase && reply.complaint != nil):
            return account.failure(
                .unavailable, "provider_paused", reply, errand,
                retryAfter: reply.retryAfter ?? Self.pausedWait
            )
        default: return account.failure(for: reply, errand)
        }
    }

    /// The month's cap is a 403 so that nobody retries it in a loop, and callers without a plan get `QuotaExceedErr`.
    private func isQuota(_ reply: ProviderReply) -> Bool {
        let code = reply.code?.uppercased() ?? ""
        return code.contains("CAP_REACHED") || code.contains("QUOTA")
    }

    private func outOfFunds(_ reply: ProviderReply, _ errand: ProviderAccount.Errand) -> Failure {
        account.failure(
            .outOfFunds, "provider_out_of_funds", reply, errand,
            retryAfter: reply.resetsIn ?? reply.retryAfter)
    }

    /// Opus's word that the work failed. Its documents say that credits are charged on success and refunded on failure,
    /// so that another provider may be asked.
    func verdict(_ status: String, _ reply: ProviderReply) -> Failure {
        let (failureClass, code): (FailureClass, String) =
            if reply.isContentRefusal {
                (.contentRejected, "content_rejected")
            } else if isQuota(reply) {
                (.outOfFunds, "provider_out_of_funds")
            } else {
                (.unavailable, "provider_failed")
            }
        return ended(status, failureClass, code, reply)
    }

    /// Work that concluded without an error and without a picture: that is no failure that Opus refunds, so that its
    /// class is one after which no other provider is asked by default.
    func emptyHanded(_ status: String, _ reply: ProviderReply) -> Failure {
        ended(status, .invalidInput, "provider_returned_nothing", reply)
    }

    /// Opus itself does not know what became of the work, and so nobody knows whether it was charged.
    func unknownOutcome(_ reply: ProviderReply) -> Failure {
        ended("UNKNOWN", .outcomeUnknown, "provider_outcome_unknown", reply)
    }

    private func ended(
        _ status: String, _ failureClass: FailureClass, _ code: String, _ reply: ProviderReply
    ) -> Failure {
        let words = reply.complaint.map { ": \($0)" } ?? ""
        return Failure(
            failureClass, code: code, message: "Opus ended with \(status) and made no picture\(words)",
            detail: reply.shape)
    }
}
