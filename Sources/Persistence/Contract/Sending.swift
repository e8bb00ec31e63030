package import Signing
package import ThumbwireKit

/// An endpoint with its secrets as they are kept.
package struct StoredEndpoint: Hashable, Sendable {
    package var endpoint: Endpoint
    package var secret: Sealed

    package init(_ endpoint: Endpoint, secret: Sealed) {
        self.endpoint = endpoint
        self.secret = secret
    }
}

/// What a client's change makes of an endpoint, written in one go.
package struct EndpointRevision: Sendable {
    package var stored: StoredEndpoint
    /// What the account's other endpoints are told.
    package var events: [Event]

    package init(_ stored: StoredEndpoint, events: [Event] = []) {
        self.stored = stored
        self.events = events
    }
}

/// What attempts mean for their endpoint, written together with them.
package struct EndpointReview: Sendable {
    /// Status, reason and health are written.
    package var endpoint: Endpoint
    /// What the account's other endpoints are told.
    package var events: [Event]

    package init(endpoint: Endpoint, events: [Event] = []) {
        self.endpoint = endpoint
        self.events = events
    }
}

/// A delivery to attempt now, with all that the attempt needs.
package struct DueDelivery: Sendable {
    /// Where it goes, as the sender needs it; deliveries to one endpoint share it.
    package indirect enum Destination: Sendable {
        case endpoint(Endpoint, secret: Sealed)
        /// The job's callback, and the account's callback secret.
        case callback(Sealed, secret: Sealed)
    }

    package var delivery: Delivery
    package var event: Event
    package var destination: Destination

    package init(delivery: Delivery, event: Event, destination: Destination) {
        self.delivery = delivery
        self.event = event
        self.destination = destination
    }
}

/// An attempt and what follows from it.
package struct AttemptResult: Sendable {
    package enum Consequence: Hashable, Sendable {
        case delivered
        case retry(at: Timestamp)
        case exhausted
    }

    package var attempt: Attempt
    package var consequence: Consequence
    /// What the account's endpoints are told, but for the one that the attempt was made on.
    package var events: [Event]

    package init(attempt: Attempt, consequence: Consequence, events: [Event] = []) {
        self.attempt = attempt
        self.consequence = consequence
        self.events = events
    }
}
