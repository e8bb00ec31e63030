import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct FairnessConformance {
    @Test(arguments: StoreKind.all)
    func `an account with many jobs does not hold up another`(kind: StoreKind) async throws {
        try await withStore(kind) { store, busy, _ in
            let other = try await store.insertAccount()
            try await store.acceptJobs(40, of: busy.id)
            try await store.acceptJobs(3, of: other)

            let together = try await store.claim(limit: 8, lease: .make(), now: .noon)
            let rest = try await store.claim(limit: 100, lease: .make(), now: .noon)

            #expect(together.count == 8)
            #expect(together.count { $0.job.account == other } == 3)
            #expect(rest.count == 35)
        }
    }

    @Test(arguments: StoreKind.all)
    func `accounts take turns by their weights`(kind: StoreKind) async throws {
        try await withStore(kind) { store, light, _ in
            let heavy = try await store.insertAccount(weight: 3)
            try await store.acceptJobs(6, of: light.id)
            try await store.acceptJobs(6, of: heavy)

            var turns = ""
            while let claim = try await store.claim(limit: 1, lease: .make(), now: .noon).first {
                turns += claim.job.account == heavy ? "H" : "l"
            }

            #expect(turns.prefix(4).count { $0 == "H" } == 3)
            #expect(turns.dropFirst(4).prefix(4).count { $0 == "H" } == 3)
            #expect(turns.dropFirst(8) == "llll")
        }
    }

    @Test(arguments: StoreKind.all)
    func `a changed weight counts from the next claim on`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let other = try await store.insertAccount()
            try await store.acceptJobs(20, of: account.id)
            try await store.acceptJobs(20, of: other)
            _ = try await store.claim(limit: 2, lease: .make(), now: .noon)
            var changed = account
            changed.weight = 4

            #expect(try await store.update(changed))
            let claimed = try await store.claim(limit: 10, lease: .make(), now: .noon)

            #expect(claimed.count { $0.job.account == account.id } == 8)
        }
    }

    @Test(arguments: StoreKind.all)
    func `inside an account priority goes before age, whatever other accounts wish`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let other = try await store.insertAccount()
            var mine: [JobID] = []
            for priority in [0, 5, 0, 5] {
                mine.append(
                    try await store.acceptJob(.make(account: account.id, priority: priority)).id)
                try await store.acceptJob(.make(account: other, priority: 9))
            }

            let first = try await store.claim(limit: 4, lease: .make(), now: .noon)
            let claimed = try await first + store.claim(limit: 4, lease: .make(), now: .noon)

            #expect(first.count { $0.job.account == account.id } == 2)
            #expect(
                claimed.filter { $0.job.account == account.id }.map { $0.id }
                    == [mine[1], mine[3], mine[0], mine[2]])
        }
    }

    @Test(arguments: StoreKind.all)
    func `an account has no more jobs leased than its maximum`(kind: StoreKind) async throws {
        try await withStore(kind) { store, free, _ in
            let capped = try await store.insertAccount(maximumRunningJobs: 2)
            try await store.acceptJobs(5, of: capped)

            let first = try await store.claim(limit: 10, lease: .make(), now: .noon)
            let whileFull = try await store.nextJobDue()
            try await store.acceptJobs(1, of: capped)
            try await store.acceptJobs(3, of: free.id)
            let others = try await store.claim(limit: 10, lease: .make(), now: .noon)

            #expect(first.count == 2)
            #expect(whileFull == nil)
            #expect(others.map { $0.job.account } == [free.id, free.id, free.id])
        }
    }

    @Test(arguments: StoreKind.all, LetGo.allCases)
    func `a job that is let go makes room for the next of its account`(
        kind: StoreKind, way: LetGo
    ) async throws {
        try await withStore(kind) { store, _, _ in
            let capped = try await store.insertAccount(maximumRunningJobs: 1)
            let jobs = try await store.acceptJobs(2, of: capped)
            _ = try await store.claim(limit: 10, lease: .make(), now: .noon)
            #expect(try await store.claim(limit: 10, lease: .make(), now: .noon).isEmpty)
            var claimable = store.changes.subscribe { $0 == .jobClaimable }.makeAsyncIterator()

            try await way.letGo(of: jobs[0], in: store)

            #expect(await claimable.next() == .jobClaimable)
            let next = try await store.claim(limit: 10, lease: .make("next"), now: .noon)
            #expect(next.map { $0.id } == [way == .expire ? jobs[0].id : jobs[1].id])
        }
    }

    /// How a job leaves its worker.
    enum LetGo: CaseIterable, Sendable {
        case finish, rest, expire

        func letGo(of job: Job, in store: any Store) async throws {
            switch self {
            case .finish: #expect(try await store.finish(job))
            case .rest: try await store.rest(job, until: .noon + .seconds(600))
            case .expire:
                #expect(try await store.releaseExpiredLeases(now: .noon + .seconds(30)) == 1)
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `a maximum that is raised or taken away lets more jobs run`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var account = account
            account.maximumRunningJobs = 1
            #expect(try await store.update(account))
            try await store.acceptJobs(5, of: account.id)
            let one = try await store.claim(limit: 10, lease: .make(), now: .noon)
            account.maximumRunningJobs = 3
            #expect(try await store.update(account))
            let two = try await store.claim(limit: 10, lease: .make(), now: .noon)
            account.maximumRunningJobs = nil
            #expect(try await store.update(account))
            let rest = try await store.claim(limit: 10, lease: .make(), now: .noon)

            #expect([one.count, two.count, rest.count] == [1, 2, 2])
            #expect(try await store.account(account.id) == account)
        }
    }

    @Test(arguments: StoreKind.all)
    func `many jobs that become due at once wake whole`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let later = Timestamp.noon + .seconds(60)
            try await together(2_100) { _ in _ = try await store.acceptJob(.make(account: account.id)) }
            let jobs = try await store.claim(limit: 5_000, lease: .make(), now: .noon).map { $0.job }
            try await together(jobs.count) { index in try await store.rest(jobs[index], until: later) }
            #expect(try await store.nextJobDue() == later)

            let early = try await store.claim(limit: 5_000, lease: .make(), now: .noon + .seconds(59))
            let due = try await store.claim(limit: 5_000, lease: .make(), now: later)

            #expect(early.isEmpty)
            #expect(due.count == 2_100)
        }
    }
}

extension Store {
    fileprivate func insertAccount(weight: Int = 1, maximumRunningJobs: Int? = nil) async throws -> AccountID
    {
        let account = Account.make(weight: weight, maximumRunningJobs: maximumRunningJobs)
        try await insert(account, callbackSecret: .make())
        return account.id
    }

    fileprivate func rest(_ job: Job, until moment: Timestamp) async throws {
        let change = JobChange(
            job: job.becoming(.waiting), lease: "worker", disposition: .rest(until: moment))
        let isHeld = try await apply(change)
        #expect(isHeld)
    }

    @discardableResult
    fileprivate func acceptJobs(_ count: Int, of account: AccountID) async throws -> [Job] {
        var jobs: [Job] = []
        for _ in 0..<count { jobs.append(try await acceptJob(.make(account: account))) }
        return jobs
    }
}

/// Does it that often at the same time, so that a store that commits in groups does so.
private func together(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<count { group.addTask { try await body(index) } }
        try await group.waitForAll()
    }
}
