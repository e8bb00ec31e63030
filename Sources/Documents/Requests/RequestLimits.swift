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

    // What endpoints may ask for.

    /// Chains, or sessions, of a filter.
    package static let filterWords = 100
    /// Between attempts.
    package static let restCount = 1...20
    /// Up to seven days.
    package static let restSeconds = 1...604_800
    package static let maximumInFlight = 1...64
    package static let ratePerSecond = 0.01...1_000.0
    /// Bytes of a signing secret.
    package static let secretBytes = 24...64
    /// How long a former secret signs besides the new one; up to seven days.
    package static let overlapSeconds = 0...604_800
}
