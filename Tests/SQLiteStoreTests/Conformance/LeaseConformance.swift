import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct LeaseConformance {
    @Test(arguments: StoreKind.all)
    func `renewing prolongs the leases that are ours and leaves out the others`(kind: StoreKind) async throws
    {
        try await withStore(kind) { store, account, _ in
            let mine = try await store.acceptAndClaim(.make(account: account.id))
            let other = try await store.acceptAndClaim(.make(account: account.id), lease: .make("other"))
            let later = Lease.make(until: .noon + .seconds(90))

            let standings = try await store.renew([mine.id, other.id, .make("job_")], lease: later)

            #expect(standings == [mine.id: LeaseStanding(isCancelRequested: false)])
            #expect(try await store.releaseExpiredLeases(now: .noon + .seconds(31)) == 1)
            let claimed = try await store.claim(limit: 5, lease: .make("third"), now: .noon + .seconds(31))
            #expect(claimed.map { $0.id } == [other.id])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job with an expired lease goes to the next worker and the first one loses it`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            let later = Timestamp.noon + .seconds(30)
            #expect(try await store.releaseExpiredLeases(now: later - .microseconds(1)) == 0)
            #expect(try await store.releaseExpiredLeases(now: later) == 1)

            let next = try await store.claim(limit: 1, lease: .make("next"), now: later)

            #expect(next.map { $0.id } == [job.id])
            #expect(try await !store.finish(job))
            #expect(try await store.finish(job, lease: .make("next")))
        }
    }

    @Test(arguments: StoreKind.all)
    func `cancelling a job that nobody holds ends it with its event`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptJob(.make(account: account.id))

            let outcome = try await store.cancel(job.id, of: account.id, finishing: cancelled)

            guard case .cancelled(let ended) = outcome else {
                Issue.record("unexpected \(outcome)")
                return
            }
            #expect(ended.state == .cancelled)
            #expect(try await store.job(job.id, of: nil) == ended)
            #expect(try await store.claim(limit: 1, lease: .make(), now: .noon).isEmpty)
            let events = try await store.events(EventQuery(account: account.id, job: job.id))
            #expect(events.map { $0.event.type } == [.queued, .cancelled])
        }
    }

    @Test(arguments: StoreKind.all)
    func `cancelling a leased job asks its worker to stop`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            var requests = store.changes.subscribe { $0 == .cancelRequested(job.id) }.makeAsyncIterator()

            let outcome = try await store.cancel(job.id, of: account.id, finishing: cancelled)

            guard case .requested = outcome else {
                Issue.record("unexpected \(outcome)")
                return
            }
            #expect(await requests.next() == .cancelRequested(job.id))
            let standings = try await store.renew([job.id], lease: .make())
            #expect(standings[job.id]?.isCancelRequested == true)
            #expect(try await store.job(job.id, of: nil)?.state == .generating)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a clock that jumps takes no job from its worker`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, clock in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            clock.advance(by: .seconds(3_600))

            let outcome = try await store.cancel(job.id, of: account.id, finishing: cancelled)

            guard case .requested = outcome else {
                Issue.record("unexpected \(outcome)")
                return
            }
            #expect(try await store.finish(job))
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job asked to cancel does not rest and its next worker is told`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            _ = try await store.cancel(job.id, of: account.id, finishing: cancelled)
            _ = try await store.apply(
                JobChange(
                    job: job.becoming(.waiting), lease: "worker",
                    disposition: .rest(until: .noon + .seconds(600))))

            let claimed = try await store.claim(limit: 1, lease: .make("next"), now: .noon)

            #expect(claimed.map { $0.id } == [job.id])
            #expect(claimed.first?.isCancelRequested == true)
        }
    }

    @Test(arguments: StoreKind.all)
    func `cancelling finds neither ended jobs nor those of others`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            _ = try await store.finish(job)

            let again = try await store.cancel(job.id, of: account.id, finishing: cancelled)
            let foreign = try await store.cancel(job.id, of: .make("acct_"), finishing: cancelled)

            guard case .alreadyTerminal(let ended) = again, case .notFound = foreign else {
                Issue.record("unexpected \(again), \(foreign)")
                return
            }
            #expect(ended.state == .completed)
        }
    }

    @Test(arguments: StoreKind.all)
    func `cancelling into a state that is not terminal is refused`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptJob(.make(account: account.id))

            await #expect(throws: StoreError.self) {
                try await store.cancel(job.id, of: account.id) { job in
                    Ending(job: job.becoming(.generating), event: .make(.cancelled, of: job))
                }
            }

            #expect(try await store.job(job.id, of: nil) == job)
        }
    }
}

private func cancelled(_ job: Job) -> Ending {
    var ended = job.becoming(.cancelled)
    ended.eventCount += 1
    return Ending(job: ended, event: .make(.cancelled, of: ended, sequence: 2))
}
