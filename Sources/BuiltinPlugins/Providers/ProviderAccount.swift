import HTTP
import ThumbwireKit

/// An account at a provider that speaks JSON over HTTP: where it is, with which key, and what an answer of its that
/// is no success means for what may have been bought.
struct ProviderAccount: Sendable {
    /// What a request is for; it decides what a missing or bad answer means.
    enum Errand: Hashable, Sendable {
        /// Comes before a purchase and buys nothing.
        case preparation
        case purchase
        /// Asks after work that was bought: no failure of it says anything of the work.
        case question
    }

    /// Room for an editor state or many signed URLs, and no more.
    private static let maximumAnswerBytes = 2 << 20
    /// An order may take its time: given up too early, its outcome is unknown.
    private static let purchaseTimeout = Duration.seconds(120)
    private static let timeout = Duration.seconds(30)

    /// What messages call it.
    let name: String
    /// Without a slash at the end.
    let baseURL: String
    /// For headers only.
    let apiKey: String

    /// Throws ``ConfigurationError`` for a key that no header can carry and for what is no URL of an API.
    init(name: String, baseURL: String, apiKey: String) throws {
        self.name = name
        // Keys that come from a file end in a line break.
        self.apiKey = apiKey.trimmingWhitespace
        guard !self.apiKey.isEmpty, self.apiKey.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ConfigurationError(
                field: "apiKey", message: "must be 1 or more visible ASCII characters without spaces")
        }
        var url = baseURL.trimmingWhitespace
        while url.hasSuffix("/") { url.removeLast() }
        guard !url.contains("?"), !url.contains("#"), !url.contains("@"),
            (try? OutboundRequest(url: url).host()) != nil
        else {
            throw ConfigurationError(
                field: "baseUrl",
                message: "must be an http or https URL without query, fragment and user, such as "
                    + "https://api.example.com/v1")
        }
        self.baseURL = url
    }

    /// Names the purse for ``Pacing``. Swift's hash is seeded anew in each process and never leaves it; the key could
    /// not be told from it anyway.
    var pacingKey: String {
        var hasher = Hasher()
        hasher.combine(baseURL)
        hasher.combine(apiKey)
        return "\(baseURL)|\(hasher.finalize())"
    }

    /// Sends one request, never a second one in its place, and returns whatever was answered. Throws for a missing
    /// answer only.
    func send(
        _ errand: Errand, _ method: String, _ path: String, headers: [(name: String, value: String)],
        body: JSONObject? = nil, context: any ProviderContext
    ) async throws(Failure) -> ProviderReply {
        var headers = headers
        headers.append((name: "Accept", value: "application/json"))
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        let request = PluginRequest(
            method, baseURL + path, headers: headers,
            body: body.map { JSONValue.object($0).serialized() } ?? [],
            timeout: errand == .purchase ? Self.purchaseTimeout : Self.timeout,
            maximumResponseBytes: Self.maximumAnswerBytes)
        if errand == .purchase { context.enter(.ordering) }
        do throws(TransportFailure) {
            return ProviderReply(try await context.send(request), hiding: apiKey, now: context.now())
        } catch {
            throw error.failure(ofPurchase: errand == .purchase)
        }
    }

    /// The failure that an answer means, seen by its status alone; where a body says more, look at it first.
    ///
    /// To an order, a status of 5xx proves nothing: it may come from something in between, or from a service that
    /// broke off after it had begun.
    func failure(for reply: ProviderReply, _ errand: Errand) -> Failure {
        switch reply.status {
        case 400, 413, 422: failure(.invalidInput, "validation_failed", reply, errand)
        case 401, 403: failure(.misconfigured, "provider_misconfigured", reply, errand)
        case 402: failure(.outOfFunds, "provider_out_of_funds", reply, errand)
        case 429: failure(.rateLimited, "rate_limited", reply, errand)
        // Nothing of that kind is there: the base URL is another one's.
        case 300..<400, 404, 405, 410, 415: failure(.misconfigured, "provider_misconfigured", reply, errand)
        case 501: failure(.invalidInput, "validation_failed", reply, errand)
        default: unproven(reply, errand)
        }
    }

    /// For answers that leave open whether an order was taken.
    func unproven(_ reply: ProviderReply, _ errand: Errand) -> Failure {
        errand == .purchase
            ? Failure(
                .outcomeUnknown, code: "provider_outcome_unknown",
                message: message(reply, "\(name) may have taken the order"), detail: reply.shape)
            : failure(.unavailable, "provider_unavailable", reply, errand)
    }

    /// A failure in the other side's words. For a question it becomes one after which the question is asked again.
    func failure(
        _ failureClass: FailureClass, _ code: String, _ reply: ProviderReply, _ errand: Errand,
        retryAfter: Duration? = nil
    ) -> Failure {
        let isAskedAgain = errand == .question && failureClass != .rateLimited
        let what = errand == .question ? "did not say how the work stands" : "refused the request"
        let check = [401, 403].contains(reply.status) ? "its apiKey and the account's plan" : "its baseUrl"
        let hint = failureClass == .misconfigured && !isAskedAgain ? "; check \(check)" : ""
        return Failure(
            isAskedAgain ? .unavailable : failureClass, code: isAskedAgain ? "provider_unavailable" : code,
            message: message(reply, "\(name) \(what)") + hint,
            retryAfter: retryAfter ?? reply.retryAfter,
            detail: reply.shape)
    }

    private func message(_ reply: ProviderReply, _ what: String) -> String {
        let words = reply.complaint.map { ": \($0)" } ?? ""
        return "\(what), it answered \(reply.status)\(words)"
    }
}

extension String {
    var trimmingWhitespace: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// One segment of a URL's path (RFC 3986 §3.3): everything but unreserved characters as `%XX`.
    var asPathSegment: String {
        utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "~"),
                UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
