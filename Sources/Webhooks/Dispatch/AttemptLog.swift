internal import HTTP
internal import Persistence
internal import ThumbwireKit

/// Writes a line for each attempt, with the ids that tie it to its job and to the request that made that.
struct AttemptLog: Sendable {
    let store: any Store
    let log: Log

    func ended(_ result: AttemptResult, of due: DueDelivery) async {
        let (level, event): (Log.Level, String) =
            switch result.consequence {
            case .delivered: (.debug, "webhook delivered")
            case .retry: (.info, "webhook attempt failed")
            case .exhausted: (.warning, "webhook delivery exhausted")
            }
        guard log.keeps(level) else { return }
        var fields = await self.fields(of: due)
        fields["type"] = .string(due.event.type.rawValue)
        fields["attempt"] = .integer(Int64(result.attempt.number))
        switch result.attempt.outcome {
        case .answered(let status, _): fields["status"] = .integer(Int64(status))
        case .unanswered(let code, _): fields["code"] = .string(code)
        }
        if case .retry(let next) = result.consequence {
            fields["nextAttemptAt"] = .string(next.description)
        }
        log(level, event, fields)
    }

    func blocked(_ host: String, _ address: IPAddress, purpose: String, of due: DueDelivery) async {
        var fields = await self.fields(of: due)
        fields["host"] = .string(host)
        fields["address"] = .string(address.description)
        fields["purpose"] = .string(purpose)
        log(.warning, "webhook address blocked", fields)
    }

    private func fields(of due: DueDelivery) async -> JSONObject {
        var fields: JSONObject = [
            "delivery": .string(due.delivery.id.rawValue), "event": .string(due.event.id.rawValue),
            "target": .string(due.delivery.target.text), "account": .string(due.delivery.account.rawValue),
        ]
        guard let job = due.event.job else { return fields }
        fields["job"] = .string(job.rawValue)
        // Read where a line is written, and not with every delivery.
        if let request = try? await store.requestID(of: job) { fields["request"] = .string(request) }
        return fields
    }
}

extension Delivery.Target {
    /// The id of the endpoint, or of the callback's job.
    fileprivate var text: String {
        switch self {
        case .endpoint(let id): id.rawValue
        case .callback(let id): id.rawValue
        }
    }
}
