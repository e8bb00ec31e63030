package import ThumbwireKit

/// Part of a list, and where the next part begins.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// Hand it back for the next part; `nil` at the end.
    package var next: String?

    package init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }
}

/// Which jobs to list.
package struct JobQuery: Sendable {
    package var account: AccountID
    package var states: Set<JobState>?
    package var session: String?
    /// 1–100.
    package var limit: Int
    /// ``Page/next`` of the part before.
    package var cursor: String?

    package init(
        account: AccountID, states: Set<JobState>? = nil, session: String? = nil, limit: Int = 20,
        cursor: String? = nil
    ) {
        self.account = account
        self.states = states
        self.session = session
        self.limit = limit
        self.cursor = cursor
    }
}

/// Which events to read.
package struct EventQuery: Sendable {
    package var account: AccountID
    /// Only those behind this position.
    package var after: Int64
    package var types: Set<EventType>?
    package var job: JobID?
    /// The newest events instead of the oldest, newest first.
    package var isNewestFirst = false
    package var limit: Int

    package init(
        account: AccountID, after: Int64 = 0, types: Set<EventType>? = nil, job: JobID? = nil,
        limit: Int = 100
    ) {
        self.account = account
        self.after = after
        self.types = types
        self.job = job
        self.limit = limit
    }
}

/// An event and its place in the order of commits.
package struct PositionedEvent: Hashable, Sendable {
    package var position: Int64
    package var event: Event

    package init(position: Int64, event: Event) {
        self.position = position
        self.event = event
    }
}

/// Which deliveries to list; what is `nil` does not choose.
package struct DeliveryQuery: Sendable {
    package var account: AccountID
    package var target: Delivery.Target?
    package var status: Delivery.Status?
    package var types: Set<EventType>?
    package var job: JobID?
    /// The status code of the last attempt that was answered.
    package var statusCodes: ClosedRange<Int>?
    /// When the delivery was made, both moments included.
    package var since: Timestamp?
    package var until: Timestamp?
    package var limit: Int
    package var cursor: String?

    package init(
        account: AccountID, target: Delivery.Target? = nil, status: Delivery.Status? = nil, limit: Int = 20,
        cursor: String? = nil
    ) {
        self.account = account
        self.target = target
        self.status = status
        self.limit = limit
        self.cursor = cursor
    }
}

/// Which attempts of an endpoint to list; what is `nil` does not choose.
package struct AttemptQuery: Sendable {
    package var account: AccountID
    package var endpoint: EndpointID
    package var statusCodes: ClosedRange<Int>?
    /// The code of attempts that were not answered.
    package var errorCode: String?
    package var minimumDuration: Duration?
    /// When the request was sent, both moments included.
    package var since: Timestamp?
    package var until: Timestamp?
    package var limit: Int
    package var cursor: String?

    package init(account: AccountID, endpoint: EndpointID, limit: Int = 20, cursor: String? = nil) {
        self.account = account
        self.endpoint = endpoint
        self.limit = limit
        self.cursor = cursor
    }
}

/// Which of an endpoint's events are sent once more. Test events and what the endpoint was not told about itself
/// never are.
package struct RecoveryQuery: Sendable {
    package enum Scope: Hashable, Sendable {
        /// Deliveries that were given up.
        case failed
        /// Those, and events that the endpoint would have got and has no delivery of.
        case missing
        /// Every event that the endpoint would have got.
        case all
    }

    package var endpoint: EndpointID
    package var account: AccountID
    package var scope: Scope
    /// When the events happened, both moments included.
    package var since: Timestamp
    package var until: Timestamp

    package init(
        endpoint: EndpointID, account: AccountID, scope: Scope, since: Timestamp, until: Timestamp
    ) {
        self.endpoint = endpoint
        self.account = account
        self.scope = scope
        self.since = since
        self.until = until
    }
}
