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
    /// The same request came before with the same key and came to this; nothing was written.
    case repeated(KeptResource)
    /// Another request came before with the same key; nothing was written.
    case keyReused
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
        case .repeated(let resource): "the request made \(resource.id) before"
        case .keyReused: "the key came with another request before"
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
    /// Why what became of the job cannot be read: the job is as it was accepted then, and can only be failed. The store
    /// keeps what it could not read.
    package var damage: String?

    package var id: JobID { job.id }

    package init(job: Job, isCancelRequested: Bool, damage: String? = nil) {
        self.job = job
        self.isCancelRequested = isCancelRequested
        self.damage = damage
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
        /// Nobody holds the job until its chain is resumed, or its deadline comes; where the chain is not paused, it may
        /// be claimed at once.
        case awaitChain
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
