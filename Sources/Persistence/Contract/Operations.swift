package import Signing
package import ThumbwireKit

/// Why a store did not do what it was asked.
package enum StoreError: Error, Sendable, CustomStringConvertible {
    /// Something unique exists already; the text names it.
    case conflict(String)
    /// Something that the operation refers to does not exist.
    case missing(String)
    /// The state machine forbids the step.
    case illegalTransition(from: JobState, to: JobState)
    /// The disk is full or read-only.
    case cannotWrite(String)
    /// The store was closed.
    case closed
    /// The database said no: its code and message, and the statement.
    case database(code: Int32, message: String, statement: String)

    package var description: String {
        switch self {
        case .conflict(let what): "\(what) exists already"
        case .missing(let what): "\(what) does not exist"
        case .illegalTransition(let from, let to): "a job cannot go from \(from.rawValue) to \(to.rawValue)"
        case .cannotWrite(let reason): "the store cannot write: \(reason)"
        case .closed: "the store is closed"
        case .database(let code, let message, let statement):
            "database error \(code): \(message) in \(statement)"
        }
    }
}

/// A worker's right to a job, until a moment.
package struct Lease: Hashable, Sendable {
    /// Names the holder; fences every change.
    package var id: String
    package var until: Timestamp

    package init(id: String, until: Timestamp) {
        self.id = id
        self.until = until
    }
}

/// A job that a worker holds from now on.
package struct ClaimedJob: Sendable {
    package var job: Job
    /// Somebody asked to cancel it while a worker before held it.
    package var isCancelRequested: Bool

    package var id: JobID { job.id }

    package init(job: Job, isCancelRequested: Bool) {
        self.job = job
        self.isCancelRequested = isCancelRequested
    }
}

/// How a leased job stands when its lease is renewed.
package struct LeaseStanding: Hashable, Sendable {
    /// Somebody asked to cancel it.
    package var isCancelRequested: Bool

    package init(isCancelRequested: Bool) {
        self.isCancelRequested = isCancelRequested
    }
}

/// What a worker writes about its job.
package struct JobChange: Sendable {
    /// What becomes of the lease.
    package enum Disposition: Hashable, Sendable {
        /// The worker goes on.
        case keep
        /// Nobody holds the job until that moment, when it may be claimed.
        case rest(until: Timestamp)
        /// The job is terminal.
        case finish
    }

    /// The job as it is from now on.
    package var job: Job
    /// The lease that the change is made under.
    package var lease: String
    package var disposition: Disposition
    /// Files that this change brings into being; their bytes are durable already.
    package var artifacts: [Artifact]
    /// JSON text by variant.
    package var compositions: [Int: [UInt8]]
    /// What happened, delivered to the job's callback and the account's endpoints that ask for its type.
    package var event: Event?
    /// Work that goes on elsewhere although the job ends with this change; two where the chain hedges.
    package var openTickets: [OpenTicket]

    package init(
        job: Job, lease: String, disposition: Disposition, artifacts: [Artifact] = [],
        compositions: [Int: [UInt8]] = [:], event: Event? = nil, openTickets: [OpenTicket] = []
    ) {
        self.job = job
        self.lease = lease
        self.disposition = disposition
        self.artifacts = artifacts
        self.compositions = compositions
        self.event = event
        self.openTickets = openTickets
    }
}

/// What a job becomes that is cancelled while nobody holds it.
package struct Ending: Sendable {
    package var job: Job
    package var event: Event
    /// Work that goes on elsewhere all the same.
    package var openTickets: [OpenTicket]

    package init(job: Job, event: Event, openTickets: [OpenTicket] = []) {
        self.job = job
        self.event = event
        self.openTickets = openTickets
    }
}

/// What asking to cancel came to.
package enum CancelOutcome: Sendable {
    /// Nobody held it; it is cancelled.
    case cancelled(Job)
    /// A worker holds it and has been asked to stop.
    case requested(Job)
    /// It was terminal before.
    case alreadyTerminal(Job)
    case notFound
}

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
    /// Where it goes, as the sender needs it.
    package enum Destination: Sendable {
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
