import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct JobConformance {
    @Test(arguments: StoreKind.all)
    func `an accepted job reads back as it was`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = Job.make(account: account.id, callbackEvents: [.completed, .failed])

            try await store.acceptJob(job)

            #expect(try await store.job(job.id, of: account.id) == job)
            #expect(try await store.job(job.id, of: nil) == job)
            #expect(try await store.job(job.id, of: .make("acct_")) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a second job of the same id is a conflict and writes nothing`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptJob(.make(account: account.id))
            let position = try await store.lastEventPosition()

            await #expect(throws: StoreError.self) { try await store.acceptJob(job) }

            #expect(try await store.lastEventPosition() == position)
            #expect(try await store.jobs(JobQuery(account: account.id)).items.count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job whose event exists already is not accepted at all`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let first = Job.make(account: account.id)
            let event = Event.make(.queued, of: first)
            try await store.accept(first, callback: nil, event: event)
            let second = Job.make(account: account.id)

            await #expect(throws: StoreError.self) {
                try await store.accept(second, callback: nil, event: event)
            }

            #expect(try await store.job(second.id, of: nil) == nil)
            #expect(try await store.claim(limit: 10, lease: .make(), now: .noon).map { $0.id } == [first.id])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job of an unknown account is refused as missing`(kind: StoreKind) async throws {
        try await withStore(kind) { store, _, _ in
            let error = await #expect(throws: StoreError.self) {
                try await store.acceptJob(.make(account: .make("acct_")))
            }

            guard case .missing = error else {
                Issue.record("expected missing, got \(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `only a queued job is accepted`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            await #expect(throws: StoreError.self) {
                try await store.acceptJob(Job.make(account: account.id).becoming(.completed))
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `claims by priority and then by age, each job once`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let old = try await store.acceptJob(.make(account: account.id))
            let urgent = try await store.acceptJob(.make(account: account.id, priority: 5))
            let young = try await store.acceptJob(.make(account: account.id))

            let first = try await store.claim(limit: 2, lease: .make(), now: .noon)
            let second = try await store.claim(limit: 2, lease: .make("other"), now: .noon)
            let third = try await store.claim(limit: 2, lease: .make(), now: .noon)

            #expect(first.map { $0.id } == [urgent.id, old.id])
            #expect(second.map { $0.id } == [young.id])
            #expect(third.isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a first claim starts the job and later ones keep its start`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            #expect(job.state == .generating)
            #expect(job.startedAt == .noon)
            _ = try await store.apply(
                JobChange(job: job.becoming(.waiting), lease: "worker", disposition: .rest(until: .noon)))

            let again = try requireOne(
                try await store.claim(limit: 1, lease: .make(), now: .noon + .seconds(9)))

            #expect(again.job.startedAt == .noon)
            #expect(try await store.job(job.id, of: nil)?.startedAt == .noon)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job whose provider step has succeeded is claimed as processing`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var job = try await store.acceptAndClaim(.make(account: account.id)).becoming(.queued)
            job.steps = [.make(index: 0, status: .succeeded)]
            _ = try await store.apply(
                JobChange(job: job, lease: "worker", disposition: .rest(until: .noon)))

            let claimed = try await store.claim(limit: 1, lease: .make(), now: .noon)

            #expect(claimed.map { $0.job.state } == [.processing])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a resting job is claimed when its time has come`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            let due = Timestamp.noon + .seconds(5)
            _ = try await store.apply(
                JobChange(job: job.becoming(.waiting), lease: "worker", disposition: .rest(until: due)))

            #expect(try await store.nextJobDue() == due)
            #expect(try await store.claim(limit: 1, lease: .make(), now: due - .microseconds(1)).isEmpty)
            #expect(try await store.claim(limit: 1, lease: .make(), now: due).map { $0.id } == [job.id])
            #expect(try await store.nextJobDue() == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a change under a lost lease writes nothing`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            let position = try await store.lastEventPosition()

            let isApplied = try await store.finish(job, lease: .make("stranger"))

            #expect(!isApplied)
            #expect(try await store.job(job.id, of: nil)?.state == .generating)
            #expect(try await store.lastEventPosition() == position)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a step that the state machine forbids is refused whole`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            _ = try await store.apply(
                JobChange(job: job.becoming(.processing), lease: "worker", disposition: .keep))
            let back = job.becoming(.generating)

            let error = await #expect(throws: StoreError.self) {
                try await store.apply(
                    JobChange(
                        job: back, lease: "worker", disposition: .keep,
                        artifacts: [.make(account: account.id, fileName: "a.jpg")]))
            }

            guard case .illegalTransition(from: .processing, to: .generating) = error else {
                Issue.record("unexpected \(String(describing: error))")
                return
            }
            #expect(try await store.artifact(fileName: "a.jpg") == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `finishing without a terminal state is refused`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))

            await #expect(throws: StoreError.self) {
                try await store.apply(JobChange(job: job, lease: "worker", disposition: .finish))
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `a finished job stays as it is`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id))
            #expect(try await store.finish(job))

            let isAppliedAgain = try await store.finish(job, as: .failed, event: .failed)

            #expect(!isAppliedAgain)
            #expect(try await store.job(job.id, of: nil)?.state == .completed)
            #expect(try await store.claim(limit: 1, lease: .make(), now: .noon).isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `finishing writes files, compositions and the event together`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id)).becoming(.completed)
            let artifact = Artifact.make(account: account.id, job: job.id)
            let event = Event.make(.completed, of: job, sequence: 2)

            let isApplied = try await store.apply(
                JobChange(
                    job: job, lease: "worker", disposition: .finish, artifacts: [artifact],
                    compositions: [0: Array("{}".utf8), 1: Array("{\"a\":1}".utf8)], event: event))

            #expect(isApplied)
            #expect(try await store.job(job.id, of: nil) == job)
            #expect(try await store.artifact(artifact.id, of: account.id) == artifact)
            #expect(try await store.artifact(artifact.id, of: .make("acct_")) == nil)
            #expect(try await store.artifact(fileName: artifact.fileName) == artifact)
            #expect(try await store.composition(of: job.id, variant: 1) == Array("{\"a\":1}".utf8))
            #expect(try await store.composition(of: job.id, variant: 2) == nil)
            #expect(try await store.events(EventQuery(account: account.id)).last?.event == event)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job is not finished when its event cannot be written`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = Job.make(account: account.id)
            let queued = Event.make(.queued, of: job)
            try await store.accept(job, callback: nil, event: queued)
            let claimed = try requireOne(try await store.claim(limit: 1, lease: .make(), now: .noon)).job
            var event = Event.make(.completed, of: job, sequence: 2)
            event.id = queued.id
            let change = JobChange(
                job: claimed.becoming(.completed), lease: "worker", disposition: .finish,
                artifacts: [.make(account: account.id, fileName: "a.jpg")], event: event)

            await #expect(throws: StoreError.self) { try await store.apply(change) }

            #expect(try await store.job(job.id, of: nil)?.state == .generating)
            #expect(try await store.artifact(fileName: "a.jpg") == nil)
            #expect(try await store.renew([job.id], lease: .make())[job.id] != nil)
        }
    }
}
