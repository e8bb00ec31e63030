import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct FingerprintConformance {
    @Test(arguments: StoreKind.all, [true, false])
    func `a request whose answer was lost is joined`(kind: StoreKind, isRepetition: Bool) async throws {
        try await withStore(kind) { store, account, _ in
            let first = Job.make(account: account.id)
            #expect(try await store.ask(first) == nil)
            let position = try await store.lastEventPosition()

            #expect(try await store.ask(.make(account: account.id), isRepetition) == first.id)

            #expect(try await store.jobs(JobQuery(account: account.id)).items.count == 1)
            #expect(try await store.lastEventPosition() == position)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an equal request after the answer is a wish of its own`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let first = Job.make(account: account.id)
            _ = try await store.ask(first)
            try await store.markAnswered(first.id)
            try await store.markAnswered(first.id)
            try await store.markAnswered(.make("job_"))

            #expect(try await store.ask(.make(account: account.id)) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an equal request beside one that waits is a wish of its own`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let first = Job.make(account: account.id)
            _ = try await store.ask(first)
            let second = Job.make(account: account.id)

            #expect(try await store.ask(second, waiting: [first.id]) == nil)
            #expect(try await store.ask(.make(account: account.id), waiting: [first.id]) == second.id)
            #expect(
                try await store.ask(.make(account: account.id), true, waiting: [first.id, second.id]) != nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `other bodies, other accounts and what lies too far back do not count`(kind: StoreKind) async throws
    {
        try await withStore(kind) { store, account, _ in
            let other = Account.make()
            try await store.insert(other, callbackSecret: .make())
            let first = Job.make(account: account.id)
            _ = try await store.ask(first)

            #expect(try await store.ask(.make(account: account.id), true, hash: [9]) == nil)
            #expect(try await store.ask(.make(account: other.id), true) == nil)
            let later = Job.make(account: account.id, createdAt: .noon + .seconds(900))
            #expect(try await store.ask(later, true, since: .noon + .microseconds(1)) == nil)
            #expect(try await store.ask(.make(account: account.id), true, since: .noon) != nil)
        }
    }

    @Test(arguments: StoreKind.all, [JobState.queued, .generating, .waiting, .completed])
    func `a client's repetition joins what lives or is done, also once it was answered`(
        kind: StoreKind, state: JobState
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let first = try await store.asked(becoming: state, of: account.id)
            try await store.markAnswered(first)

            #expect(try await store.ask(.make(account: account.id), true) == first)
        }
    }

    @Test(arguments: StoreKind.all, [JobState.failed, .cancelled])
    func `what failed is joined until its failure was told and tried anew then`(
        kind: StoreKind, state: JobState
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let first = try await store.asked(becoming: state, of: account.id)
            #expect(try await store.ask(.make(account: account.id)) == first)
            #expect(try await store.ask(.make(account: account.id), true) == first)
            try await store.markAnswered(first)

            #expect(try await store.ask(.make(account: account.id), true) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an automatic repetition does not buy again what may have been bought`(kind: StoreKind) async throws
    {
        try await withStore(kind) { store, account, _ in
            let unknown = Failure(.outcomeUnknown, code: "provider_outcome_unknown", message: "lost")
            let first = try await store.asked(becoming: .failed, of: account.id, failure: unknown)
            try await store.markAnswered(first)

            #expect(try await store.ask(.make(account: account.id), true) == first)
            #expect(try await store.ask(.make(account: account.id)) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a repetition gets the job whose answer is owed before one that was answered`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let owed = Job.make(account: account.id)
            _ = try await store.ask(owed)
            let answered = Job.make(account: account.id, createdAt: .noon + .seconds(1))
            _ = try await store.ask(answered, waiting: [owed.id])
            try await store.markAnswered(answered.id)

            #expect(try await store.ask(.make(account: account.id), true) == owed.id)
        }
    }

    @Test(arguments: StoreKind.all)
    func `equal requests at the same time make one job`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let outcomes = try await withThrowingTaskGroup(of: JobID?.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await store.ask(.make(account: account.id), true) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }

            #expect(outcomes.filter { $0 == nil }.count == 1)
            #expect(Set(outcomes.compactMap { $0 }).count == 1)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a repetition costs nothing and needs no balance`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 4) { store, account in
            let first = Job.make(account: account.id, credits: 4)
            _ = try await store.ask(first)

            #expect(try await store.ask(.make(account: account.id, credits: 4), true) == first.id)
            #expect(try await store.balance(of: account.id) == 0)
        }
    }

    @Test(arguments: StoreKind.all)
    func `requests of yesterday are forgotten`(kind: StoreKind) async throws {
        let open = try await kind.open(ManualClock())
        let account = Account.make()
        try await open.store.insert(account, callbackSecret: .make())
        let first = Job.make(account: account.id)
        _ = try await open.store.ask(first)
        open.clock.advance(by: .seconds(90_000))
        _ = try await open.store.ask(.make(account: account.id, createdAt: open.clock.now()), hash: [9])

        let repeated = try await open.store.ask(.make(account: account.id), true)
        await open.store.close()

        #expect(repeated == nil)
    }
}

extension Store {
    /// The job that an equal request made; `nil` when it made this one.
    fileprivate func ask(
        _ job: Job, _ isRepetition: Bool = false, hash: [UInt8] = [1], since: Timestamp = .noon,
        waiting: Set<JobID> = []
    ) async throws -> JobID? {
        let fingerprint = Fingerprint(
            hash: hash, since: since, isRepetition: isRepetition, waiting: waiting)
        let outcome = try await accept(
            job, callback: nil, event: .make(.queued, of: job), repetition: .equal(fingerprint))
        switch outcome {
        case .accepted: return nil
        case .repeats(let id): return id
        case .insufficientCredits, .missingArtifact: throw NotOne(count: 0)
        }
    }

    /// A job with a fingerprint that has come to that state.
    fileprivate func asked(
        becoming state: JobState, of account: AccountID, failure: Failure? = nil
    ) async throws -> JobID {
        let job = Job.make(account: account)
        _ = try await ask(job)
        guard state != .queued else { return job.id }
        var next = try requireOne(try await claim(limit: 1, lease: .make(), now: .noon)).job.becoming(state)
        next.failure = failure
        let disposition: JobChange.Disposition =
            state.isTerminal ? .finish : state == .waiting ? .rest(until: .noon) : .keep
        _ = try await apply(JobChange(job: next, lease: "worker", disposition: disposition))
        return job.id
    }
}
