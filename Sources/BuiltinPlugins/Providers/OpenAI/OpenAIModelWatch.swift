import Synchronization
import ThumbwireKit

/// Learns from `GET /models/{model}` when a model ends, at most once a day and model.
final class OpenAIModelWatch: Sendable {
    private struct Known {
        var askedAt: Timestamp
        /// `YYYY-MM-DD`; `nil` without one.
        var lastDay: String?
    }

    private static let interval = Duration.seconds(86_400)
    private static let timeout = Duration.seconds(10)
    /// Names come from clients, and each costs an entry.
    private static let maximumModels = 64

    private let known = Mutex<[String: Known]>([:])

    /// What is known by now; `nil` while no end is near.
    func warning(of model: String, now: Timestamp) -> Warning? {
        guard let day = known.withLock({ $0[model]?.lastDay }) else { return nil }
        return OpenAIModelChoice.warning(of: model, ending: day, now: now)
    }

    /// Asks if it is time to; runs beside a create and is given up with it. Nothing follows from its failure.
    func look(at model: String, _ account: OpenAIAccount, _ context: any ProviderContext) async {
        let now = context.now()
        guard let url = account.url(ofModel: model), isDue(model, now) else { return }
        let request = PluginRequest(
            "GET", url, headers: account.headers(), timeout: Self.timeout, maximumResponseBytes: 64 << 10)
        let response = try? await context.send(request)
        // Cut short by the end of the create: the next one may ask.
        if response == nil, Task.isCancelled { return forget(model) }
        guard let response, response.status == 200, let value = try? JSONValue(parsing: response.body),
            let day = value["shutdown_date"]?.string, Self.isDay(day)
        else { return }
        known.withLock { $0[model] = Known(askedAt: now, lastDay: day) }
    }

    private func isDue(_ model: String, _ now: Timestamp) -> Bool {
        known.withLock { known in
            if let entry = known[model], now - entry.askedAt < Self.interval { return false }
            guard known.count < Self.maximumModels || known[model] != nil else { return false }
            known[model] = Known(askedAt: now, lastDay: known[model]?.lastDay)
            return true
        }
    }

    private func forget(_ model: String) {
        known.withLock { $0[model] = nil }
    }

    private static func isDay(_ text: String) -> Bool {
        text.utf8.count == 10
            && zip(text.utf8, "dddd-dd-dd".utf8).allSatisfy { byte, form in
                form == UInt8(ascii: "-") ? byte == form : (0x30...0x39).contains(byte)
            }
    }
}
