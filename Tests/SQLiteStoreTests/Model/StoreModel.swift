import Persistence
import TestSupport
import ThumbwireKit

/// What the store's contract lets one see, as plain values and the plainest code: no index, no record, no statement.
/// A property test does the same to this and to a store, and compares.
struct StoreModel: Sendable {
    /// Why an operation is refused, as far as the contract says.
    enum Refusal: Error, Hashable {
        case conflict, missing, illegalTransition
        case other(String)
    }

    /// A job and what the contract says about it besides.
    struct Entry: Sendable {
        var job: Job
        var lease: Lease?
        /// From when on it may be claimed while nobody holds it.
        var due: Timestamp
        var isCancelRequested = false
        /// Leases that ended without a word of their worker.
        var lostLeases = 0
        /// What it holds of its account and its key.
        var charge: Charge?

        var isLive: Bool { !job.state.isTerminal }
    }

    struct Charge: Sendable {
        var credits: Int
        var isMetered: Bool
        var key: KeyID?
    }

    /// A request that others may repeat.
    struct Request: Sendable {
        var job: JobID
        var account: AccountID
        var hash: [UInt8]
        var createdAt: Timestamp
        var isAnswered = false
    }

    struct Ticket: Sendable {
        var ticket: OpenTicket
        var leaseUntil: Timestamp?
        /// Processes that ended while it was held.
        var losses = 0
    }

    /// A delivery; its id is the store's choice, known once the store has told it.
    struct Sent: Sendable {
        var delivery: Delivery
        /// Where its event stands among all.
        var place: Int
        var isIdentified = false
        var leaseUntil: Timestamp?
        var attempts: Set<Int> = []
        /// A recovery made it due at a moment that the store chooses, this one at the latest.
        var isDueBy: Timestamp?
    }

    let accounts: [Account]
    let keys: [APIKey]
    /// In the order they were accepted.
    var jobs: [Entry] = []
    /// In the order they were committed.
    var events: [Event] = []
    /// In the order they were made.
    var sent: [Sent] = []
    /// In the order they were made.
    var endpoints: [Endpoint] = []
    var tickets: [Ticket] = []
    var requests: [Request] = []
    var pauses: [String: ProviderPause] = [:]
    var artifacts: [ArtifactID: Artifact] = [:]
    var compositions: [JobID: [UInt8]] = [:]
    /// Oldest first.
    var ledger: [AccountID: [LedgerEntry]] = [:]
    var spending: [KeyID: Int] = [:]
    /// Makes ids and names that no run repeats.
    private var made = 0

    init(accounts: [Account], keys: [APIKey]) {
        self.accounts = accounts
        self.keys = keys
    }

    mutating func next() -> Int {
        made += 1
        return made
    }

    /// When leases end, rests end, and something is to be sent or asked.
    var moments: [Timestamp] {
        jobs.filter(\.isLive).flatMap { [$0.lease?.until ?? $0.due] }
            + sent.compactMap { $0.leaseUntil ?? $0.delivery.nextAttemptAt }
            + tickets.map { $0.leaseUntil ?? $0.ticket.nextPollAt }
            + endpoints.compactMap(\.health.restsUntil) + endpoints.compactMap(\.expiresAt)
    }

    func index(of job: JobID) -> Int? { jobs.firstIndex { $0.job.id == job } }

    func balance(of account: AccountID) -> Int { ledger[account, default: []].reduce(0) { $0 + $1.amount } }

    func held(by account: AccountID) -> Int {
        jobs.filter { $0.job.account == account && $0.charge?.isMetered == true }
            .reduce(0) { $0 + ($1.charge?.credits ?? 0) }
    }

    /// Notes the id of a delivery that the store has told.
    mutating func identify(_ index: Int, as id: DeliveryID) {
        guard !sent[index].isIdentified else { return }
        sent[index].isIdentified = true
        sent[index].delivery.id = id
    }

    /// The process ended: nobody holds anything any more, and what was held is due.
    mutating func loseHolders(now: Timestamp) {
        for index in jobs.indices where jobs[index].lease != nil { loseLease(index, now: now) }
        setSuspectsAside()
        for index in tickets.indices where tickets[index].leaseUntil != nil {
            let losses = tickets[index].losses
            tickets[index].leaseUntil = nil
            tickets[index].losses += 1
            guard losses > 0 else { continue }
            let rest = Duration.seconds(15 << min(losses, 13))
            tickets[index].ticket.nextPollAt = max(tickets[index].ticket.nextPollAt, now + rest)
        }
        for index in sent.indices where sent[index].leaseUntil != nil { sent[index].leaseUntil = nil }
    }
}

extension StoreModel.Sent {
    mutating func become(_ status: Delivery.Status, dueAt moment: Timestamp?) {
        delivery.status = status
        delivery.nextAttemptAt = moment
        isDueBy = nil
    }

    /// What was resent while it was being attempted begins its schedule with the next attempt, also where that attempt
    /// never came to its end.
    mutating func beginSchedule() {
        delivery.earlierAttempts = min(delivery.earlierAttempts, delivery.attempts)
    }
}

extension StoreModel.Refusal {
    init(_ error: StoreError) {
        self =
            switch error {
            case .conflict: .conflict
            case .missing: .missing
            case .illegalTransition: .illegalTransition
            case .cannotWrite, .closed, .database, .repeated, .keyReused: .other("\(error)")
            }
    }
}
