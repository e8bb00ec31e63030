package import Persistence
package import ThumbwireKit

/// Whether a provider may be called now: circuits, pauses and pacing, over all jobs of this process.
package final class ProviderGates: Sendable {
    package enum Call: Hashable, Sendable {
        case create, poll
    }

    package enum Admission: Sendable {
        /// Call it, and say afterwards how that went.
        case go
        /// The job rests until then, and nobody burns an attempt.
        case wait(until: Timestamp)
        /// Its circuit is open or it is paused; the failure says why, and `retryAfter` until when.
        case closed(Failure)
    }

    package init() {}

    /// Asks for one call; a `go` must be followed by one ``ended(_:of:pacing:failure:now:)``.
    func admit(_ call: Call, to use: PinnedChain.Use, pacing: Pacing?, now: Timestamp) -> Admission { .go }

    /// Says how an admitted call went; `failure` is `nil` for an answer.
    func ended(
        _ call: Call, of use: PinnedChain.Use, pacing: Pacing?, failure: Failure?, now: Timestamp
    ) {}

    /// Takes over what the other side says of the account's budget.
    func learn(_ budget: Budget, of use: PinnedChain.Use, pacing: Pacing?) {}
}

/// How a provider stands, for those who run the service.
package struct ProviderStatus: Sendable {
    package enum Circuit: String, Sendable, CaseIterable {
        case closed, open
        case halfOpen = "half_open"
    }

    package var name: String
    package var plugin: String
    package var isEnabled: Bool
    package var circuit: Circuit
    /// When the next call is let through; `nil` while the circuit is closed.
    package var openUntil: Timestamp?
    /// The failure that opened it.
    package var reason: Failure?
    package var pause: ProviderPause?
    package var budgets: [Budget]
    package var openTickets: Int

    package init(name: String, plugin: String, isEnabled: Bool) {
        self.name = name
        self.plugin = plugin
        self.isEnabled = isEnabled
        circuit = .closed
        budgets = []
        openTickets = 0
    }
}
