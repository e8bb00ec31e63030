package import ThumbwireKit

/// What requests may be, said once for parsers, messages and the OpenAPI document.
package enum RequestLimits {
    /// Unicode scalars.
    package static let title = 300
    /// Unicode scalars.
    package static let prompt = 4_000
    /// Bytes of UTF-8.
    package static let url = 2_048
    /// Bytes of compact JSON.
    package static let metadata = 4_096
    package static let variants = 1...10
    /// Pixels of either side.
    package static let side = 64...3_840
    /// Higher runs earlier within the account.
    package static let priority = -100...100
    package static let deadlineSeconds = 1...86_400
    /// Unicode scalars of names and ids.
    package static let name = 128
    package static let accentWords = 20
    package static let platforms = ["youtube"]
    /// What endpoints may ask for.
    package static let eventTypes = EventType.allCases.filter { $0 != .webhookTest }
    /// What a job's callback may ask for: the events of that job.
    package static let callbackEventTypes = eventTypes.filter(\.isAboutJob)
}
