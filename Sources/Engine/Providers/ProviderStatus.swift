package import Persistence
package import ThumbwireKit

/// How a provider stands, for those who run the service.
package struct ProviderStatus: Sendable {
    package enum Circuit: String, Sendable, CaseIterable {
        case closed, open
        case halfOpen = "half_open"
    }

    /// How its creates went in the last two minutes.
    package struct Recent: Hashable, Sendable {
        package var creates = 0
        package var failures = 0

        package init() {}
    }

    package var name: String
    package var plugin: String
    package var isEnabled: Bool
    /// Why it is not enabled, naming the setting that is missing.
    package var disabledReason: String?
    package var circuit: Circuit
    /// When the next call is let through; `nil` while the circuit is closed.
    package var openUntil: Timestamp?
    /// The failure that opened it.
    package var reason: Failure?
    package var pause: ProviderPause?
    package var budgets: [Budget]
    package var openTickets: Int
    package var recent: Recent
    /// Creates under way at its account in this process.
    package var creating: Int
    /// Calls that have a place in time at its account and wait for it.
    package var waiting: Int

    package init(name: String, plugin: String, isEnabled: Bool) {
        self.name = name
        self.plugin = plugin
        self.isEnabled = isEnabled
        circuit = .closed
        budgets = []
        openTickets = 0
        recent = Recent()
        creating = 0
        waiting = 0
    }
}
