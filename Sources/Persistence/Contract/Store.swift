package import Signing
package import ThumbwireKit

/// Where accounts, jobs, events and deliveries live.
///
/// Each method is one atomic operation, durable when it returns; a store may commit operations of different callers
/// together, and the failure of one must not touch its neighbours. Every implementation passes the one conformance
/// suite in `Tests/SQLiteStoreTests`.
///
/// What takes an ``IdempotencyKey`` is done once for it: it writes nothing and throws ``StoreError/repeated(_:)`` where
/// the same request did it before, and ``StoreError/keyReused`` where another one used the key. What is refused keeps
/// nothing of the key.
package protocol Store: Sendable {
    /// What was committed, for those who wait for it.
    var changes: ChangeFeed { get }

    // MARK: Accounts and keys

    /// Adds an account with the secret that signs its callbacks, and grants it that many credits.
    func insert(_ account: Account, callbackSecret: Sealed, credits: Int, once key: IdempotencyKey?)
        async throws(StoreError)
    func account(_ id: AccountID) async throws(StoreError) -> Account?
    /// All accounts, oldest first.
    func accounts() async throws(StoreError) -> [Account]
    func callbackSecret(of account: AccountID) async throws(StoreError) -> Sealed?
    /// Adds a key under the SHA-256 of its value; throws ``StoreError/conflict(_:)`` for a value that exists.
    func insert(_ key: APIKey, valueHash: [UInt8], once idempotencyKey: IdempotencyKey?)
        async throws(StoreError)
    func key(valueHash: [UInt8]) async throws(StoreError) -> APIKey?
    /// Writes everything but id and creation, for claims from then on too; false when there is no such account.
    func update(_ account: Account) async throws(StoreError) -> Bool
    /// Adds to the balance, or takes from it, below zero too; the new balance.
    func grant(
        _ amount: Int, to account: AccountID, note: String?, at moment: Timestamp, once key: IdempotencyKey?
    ) async throws(StoreError) -> Int
    /// The sum of the account's ledger: what it can still spend, holds being taken off already.
    func balance(of account: AccountID) async throws(StoreError) -> Int
    /// Credits of the balance that unfinished jobs hold and may give back.
    func held(by account: AccountID) async throws(StoreError) -> Int
    /// Credits that the key's jobs hold or were charged, counted for metered accounts and for keys with a cap.
    func spending(of key: KeyID) async throws(StoreError) -> Int
    /// Newest first.
    func ledger(of account: AccountID, limit: Int, cursor: String?) async throws(StoreError) -> Page<
        LedgerEntry
    >
    /// Notes when keys were last used; an earlier moment than the one known changes nothing.
    func touch(_ keys: [KeyID: Timestamp]) async throws(StoreError)
    /// The account's keys, oldest first.
    func keys(of account: AccountID) async throws(StoreError) -> [APIKey]
    /// False when the account has no such key; a key revoked before keeps its first time.
    func revoke(_ key: KeyID, of account: AccountID, at moment: Timestamp) async throws(StoreError) -> Bool

    // MARK: Jobs

    /// Writes a queued job, its callback, its first event and the hold on its credits in one transaction, unless the
    /// request repeats another or costs too much.
    ///
    /// Files that it brings along, in its request and its steps, are kept as long as it; the answer says when one of
    /// them is gone. Tickets that it brings along belong to it from then on: its parent's steps lose them, as an unknown outcome, and
    /// nobody follows them for the parent any more. Throws ``StoreError/conflict(_:)`` when the parent does not have
    /// such a ticket any more, because another job took it or its result is there.
    func accept(
        _ job: Job, callback: Sealed?, event: Event, repetition: Repetition?
    ) async throws(StoreError) -> Acceptance
    /// Notes that the request that made the job was answered: the next equal one is a wish of its own.
    func markAnswered(_ job: JobID) async throws(StoreError)
    /// The job; with an account, only if it is that account's.
    func job(_ id: JobID, of account: AccountID?) async throws(StoreError) -> Job?
    /// The id of the HTTP request that made the job; `nil` where that is not known.
    func requestID(of job: JobID) async throws(StoreError) -> String?
    /// The job's callback as it was accepted; `nil` without one.
    func callback(of job: JobID) async throws(StoreError) -> Sealed?
    /// Newest first.
    func jobs(_ query: JobQuery) async throws(StoreError) -> Page<Job>
    /// How many jobs of the account's session stand where; empty when there are none.
    func jobCounts(of session: String, account: AccountID) async throws(StoreError) -> [JobState: Int]
    /// Leases up to `limit` jobs that are due, and marks queued and waiting ones `generating`, or `processing` where
    /// their provider step has succeeded.
    ///
    /// Accounts take turns of as many jobs as their weight says, and no account has more jobs leased than its maximum.
    /// An account's jobs go by priority and then age. A job that this version cannot read holds up no other: where
    /// only what became of it is damaged, the claim says so; else it rests, longer each time, and the error comes only
    /// when there is nothing else to claim.
    func claim(limit: Int, lease: Lease, now: Timestamp) async throws(StoreError) -> [ClaimedJob]
    /// Prolongs leases; returns how each named job stands. A job that is missing from the answer is no longer ours.
    func renew(_ jobs: [JobID], lease: Lease) async throws(StoreError) -> [JobID: LeaseStanding]
    /// Applies a worker's change if the worker still holds the lease and the state machine allows it; returns false
    /// when the lease is lost, and nothing is written then. With a terminal state the lease ends, and the event and
    /// its deliveries are written in the same transaction.
    func apply(_ change: JobChange) async throws(StoreError) -> Bool
    /// Cancels a job that nobody holds, with the job and event that `finishing` makes of it; tells the worker
    /// otherwise.
    func cancel(
        _ id: JobID, of account: AccountID, finishing: @escaping @Sendable (Job) -> Ending
    ) async throws(StoreError) -> CancelOutcome
    /// Makes jobs with expired leases claimable, but for those that ``LostLeases`` sets aside; returns how many leases
    /// ended.
    func releaseExpiredLeases(now: Timestamp) async throws(StoreError) -> Int
    /// Leases one job that was set aside: a poisoned one, else, where the caller runs nothing else, the oldest that is
    /// to be tried alone. The lease must have an id of its own: a lease of that id which is lost makes the job
    /// poisoned, unless ``endTrial(of:)`` was called before. Until its deadline no other claim finds such a job.
    func claimSuspect(isAlone: Bool, lease: Lease, now: Timestamp) async throws(StoreError) -> SuspectClaim
    /// Says that others run beside the job from now on.
    func endTrial(of job: JobID) async throws(StoreError)
    /// When the next unleased job becomes due; `nil` when none waits but for those of accounts that have as many jobs
    /// leased as they may: ``StoreChange/jobClaimable`` tells when one of those is let go.
    func nextJobDue() async throws(StoreError) -> Timestamp?
    /// The composition of one variant as JSON text; `nil` when there is none.
    func composition(of job: JobID, variant: Int) async throws(StoreError) -> [UInt8]?

    // MARK: Tickets of ended jobs, pauses

    /// Leases up to `limit` tickets that are due to be polled.
    func claimTickets(limit: Int, leaseUntil: Timestamp, now: Timestamp) async throws(StoreError)
        -> [OpenTicket]
    /// When the next ticket is due, or the lease of one ends; `nil` when there is none.
    func nextTicketDue() async throws(StoreError) -> Timestamp?
    /// Writes the step as it stands and when to ask again, and ends the lease.
    func reschedule(_ ticket: OpenTicket) async throws(StoreError)
    /// Ends a ticket: writes the step and its artifacts into the ended job, whose state stays as it is. Throws
    /// ``StoreError/missing(_:)`` when it was settled before.
    func settle(_ ticket: OpenTicket, artifacts: [Artifact]) async throws(StoreError)
    /// Tickets of jobs that run on the named provider, ended jobs included: a provider is kept while there are any.
    func openTicketCount(of provider: String) async throws(StoreError) -> Int
    /// By name; also those whose time has passed, until somebody resumes them.
    func pauses() async throws(StoreError) -> [ProviderPause]
    /// Puts a provider out of use, or in the place of an earlier pause.
    func pause(_ pause: ProviderPause) async throws(StoreError)
    /// False when it was not paused.
    func resume(provider: String) async throws(StoreError) -> Bool

    /// By chain; also those that are over while jobs that waited are still let go.
    func chainPauses() async throws(StoreError) -> [ChainPause]
    /// Has new jobs of the chain wait, and those that are written with ``JobChange/Disposition/awaitChain``, each until
    /// its deadline at most.
    func pause(_ pause: ChainPause) async throws(StoreError)
    /// Has no more jobs wait; those that do are let go by ``letGo(ofChain:limit:now:)``. False when the chain was not
    /// paused.
    func endPause(ofChain chain: String) async throws(StoreError) -> Bool
    /// Makes up to `limit` jobs claimable that waited for a chain whose pause is over, oldest first; false when none is
    /// left.
    func letGo(ofChain chain: String, limit: Int, now: Timestamp) async throws(StoreError) -> Bool

    // MARK: Idempotency keys

    /// What the request made when it came before with this key; `nil` for a key that is new, or older than its life.
    /// Throws ``StoreError/keyReused`` where another request used it.
    func resource(of key: IdempotencyKey) async throws(StoreError) -> KeptResource?
    /// Keeps what a request came to, for operations that take no key.
    func keep(_ resource: KeptResource, for key: IdempotencyKey) async throws(StoreError)
    /// Forgets up to `limit` keys that were first used before that moment, oldest first; how many.
    func removeExpiredIdempotencyKeys(before moment: Timestamp, limit: Int) async throws(StoreError) -> Int

    // MARK: Artifacts

    /// Adds an upload, whose bytes are durable already.
    func insert(_ artifact: Artifact, once key: IdempotencyKey?) async throws(StoreError)
    /// The file, also when its link has ended.
    func artifact(_ id: ArtifactID, of account: AccountID) async throws(StoreError) -> Artifact?
    /// The file behind a link that has not ended.
    func artifact(fileName: String) async throws(StoreError) -> Artifact?
    /// Which of the contents, by their SHA-256, a row names.
    func namedContents(among contents: [String]) async throws(StoreError) -> Set<String>

    // MARK: Retention

    // Each step is one small commit, so that writers are not held up. Nothing of a job goes while it is live, while a
    // provider works on it or while an event of it waits to be delivered; lines of the ledger never go.

    /// Erases a terminal job with its callback, compositions, events, deliveries and files. With `dropsDeliveries` also
    /// what still waits to be delivered.
    func eraseJob(
        _ id: JobID, of account: AccountID, dropsDeliveries: Bool
    ) async throws(StoreError) -> JobErasure
    /// Erases up to `limit` jobs that ended before then, oldest first, behind a place; 0 is the beginning.
    func pruneJobs(endedBefore moment: Timestamp, after place: Int64, limit: Int) async throws(StoreError)
        -> PrunedBatch
    /// Deletes events about no job that happened before then.
    func pruneEvents(before moment: Timestamp, limit: Int) async throws(StoreError) -> PrunedBatch
    /// Deletes deliveries that were made before then and have ended, with their attempts; their events stay.
    func pruneDeliveries(
        madeBefore moment: Timestamp, after place: Int64, limit: Int
    ) async throws(StoreError) -> PrunedBatch
    /// Deletes files whose time has come.
    func pruneExpiredArtifacts(now: Timestamp, limit: Int) async throws(StoreError) -> PrunedBatch
    /// Deletes files of terminal jobs before their time, oldest first, behind a place; 0 is the beginning.
    func pruneOldestArtifacts(after place: Int64, limit: Int) async throws(StoreError) -> PrunedBatch
    func storedBytes() async throws(StoreError) -> StoredBytes

    // MARK: Events, endpoints, deliveries

    /// Writes an event outside any job, with a delivery to that endpoint alone.
    func emit(_ event: Event, to endpoint: EndpointID, once key: IdempotencyKey?) async throws(StoreError)
    /// Writes events that change no job, with deliveries to the endpoints of their accounts that ask for their type.
    func emit(_ events: [Event]) async throws(StoreError)
    /// The accounts that have a valid key with the scope `admin`.
    func administrators(now: Timestamp) async throws(StoreError) -> [AccountID]
    /// Events in the order they were committed, unless the query asks for the newest.
    func events(_ query: EventQuery) async throws(StoreError) -> [PositionedEvent]
    /// The position of the newest event of any account; 0 when there is none.
    func lastEventPosition() async throws(StoreError) -> Int64
    func insert(_ endpoint: Endpoint, secret: Sealed) async throws(StoreError)
    /// Adds an endpoint, unless the account has one with that URL and those types that has not expired: then the oldest
    /// such one is the answer, and nothing is written.
    func insertUnlessPresent(_ new: StoredEndpoint, now: Timestamp, once key: IdempotencyKey?)
        async throws(StoreError) -> StoredEndpoint?
    func endpoint(_ id: EndpointID, of account: AccountID) async throws(StoreError) -> Endpoint?
    /// Oldest first.
    func endpoints(of account: AccountID) async throws(StoreError) -> [Endpoint]
    func secret(of endpoint: EndpointID) async throws(StoreError) -> Sealed?
    func storedEndpoint(_ id: EndpointID, of account: AccountID) async throws(StoreError) -> StoredEndpoint?
    /// Oldest first.
    func storedEndpoints(of account: AccountID) async throws(StoreError) -> [StoredEndpoint]
    /// Puts new secrets in the place of the endpoint's; false when the account has no such endpoint.
    func setSecret(_ secret: Sealed, of endpoint: EndpointID, account: AccountID) async throws(StoreError)
        -> Bool
    /// Puts a new secret in the place of the one that signs the account's callbacks.
    func setCallbackSecret(_ secret: Sealed, of account: AccountID) async throws(StoreError) -> Bool
    /// As ``setCallbackSecret(_:of:)``, with what the change makes of the secret as it stands in the transaction; `nil`
    /// when there is no such account or the change makes nothing. It may run twice.
    func reviseCallbackSecret(
        of account: AccountID, _ change: @escaping @Sendable (Sealed) -> Sealed?
    ) async throws(StoreError) -> Sealed?
    /// Removes endpoints whose time is over, as ``deleteEndpoint(_:of:)`` does; how many.
    func removeExpiredEndpoints(now: Timestamp) async throws(StoreError) -> Int
    /// Writes everything but id, account and creation; false when the account has no such endpoint.
    func update(_ endpoint: Endpoint) async throws(StoreError) -> Bool
    /// Writes what the change makes of the endpoint as it stands in the transaction, so that it takes back nothing
    /// that was written meanwhile; `nil` when the account has no such endpoint. The change may run twice.
    func update(
        _ id: EndpointID, of account: AccountID, _ change: @escaping @Sendable (inout Endpoint) -> Void
    ) async throws(StoreError) -> Endpoint?
    /// As ``update(_:of:_:)``, with the endpoint's secrets and with events; `nil` also when the change makes nothing of it,
    /// and nothing is written then.
    func revise(
        _ id: EndpointID, of account: AccountID,
        _ change: @escaping @Sendable (StoredEndpoint) -> EndpointRevision?
    ) async throws(StoreError) -> StoredEndpoint?
    /// Removes an endpoint; its pending deliveries become exhausted, many of them in several commits. False when the
    /// account has none of that id.
    func deleteEndpoint(_ id: EndpointID, of account: AccountID) async throws(StoreError) -> Bool
    /// Leases up to `limit` due deliveries, oldest due first, of callbacks and enabled endpoints that are not in
    /// `busy`, do not rest and have not expired.
    ///
    /// Of an endpoint with a claim limit no more are leased at a time than it says; of an ordered one only that of its
    /// oldest pending event, while nothing else of it is leased. What cannot be read is given up, with an attempt that
    /// has the error code `record_damaged`, and holds up no other.
    func claimDeliveries(
        limit: Int, busy: Set<Delivery.Target>, leaseUntil: Timestamp, now: Timestamp
    ) async throws(StoreError) -> [DueDelivery]
    /// Writes attempts and what follows from them for their deliveries, and what `reviewing` makes of each endpoint
    /// that they were made on, as it stands in the transaction. It may run twice. The review's events go to the
    /// account's other endpoints that ask for them. An endpoint that is disabled keeps what is pending for it, unsent,
    /// until it is enabled.
    func record(
        _ results: [AttemptResult],
        reviewing: @escaping @Sendable (Endpoint, [AttemptResult]) -> EndpointReview?
    ) async throws(StoreError)
    /// Makes a delivery due now, whatever became of it, with its schedule begun anew; `nil` when the account has none
    /// of that id. One that is being attempted is sent again only if that attempt fails. Throws
    /// ``StoreError/missing(_:)`` when its endpoint is gone.
    func resend(_ id: DeliveryID, of account: AccountID, now: Timestamp, once key: IdempotencyKey?)
        async throws(StoreError) -> Delivery?
    /// Sends events of an endpoint once more, oldest first, what is pending left out; how many. Many take several
    /// commits. Throws ``StoreError/missing(_:)`` when the account has no such endpoint.
    func recover(_ query: RecoveryQuery, now: Timestamp) async throws(StoreError) -> Int
    /// Newest first.
    func attempts(_ query: AttemptQuery) async throws(StoreError) -> Page<Attempt>
    /// When the next delivery becomes due that nobody holds and that may be claimed then.
    func nextDeliveryDue() async throws(StoreError) -> Timestamp?
    func delivery(_ id: DeliveryID, of account: AccountID) async throws(StoreError) -> Delivery?
    /// Newest first.
    func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> Page<Delivery>
    /// Oldest first.
    func attempts(of delivery: DeliveryID) async throws(StoreError) -> [Attempt]

    // MARK: Life

    /// How long the commit that is being made has taken so far; zero while none is. Waits for nothing.
    var commitAge: Duration { get }
    /// Throws when the store cannot write, for `/readyz`.
    func ping() async throws(StoreError)
    /// Commits what was handed in, refuses what comes after, and closes.
    func close() async
}

extension Store {
    /// Writes attempts of which no endpoint is told.
    package func record(_ results: [AttemptResult]) async throws(StoreError) {
        try await record(results) { _, _ in nil }
    }
}
