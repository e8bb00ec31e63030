import Persistence
import SQLiteStore
import TestSupport
import Testing
import ThumbwireKit

@Suite struct LostLeaseConformance {
    @Test(arguments: StoreKind.all)
    func `a job that lost too many leases is set aside, and is found by those who ask for it alone`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptJob(.make(account: account.id))
            for _ in 1..<LostLeases.limit { try await store.lose() }
            let before = try await store.claimSuspect(isAlone: true, lease: .make("alone"), now: .noon)

            try await store.lose()
            let other = try await store.acceptJob(.make(account: account.id))

            #expect(before.isNone)
            let ordinary = try await store.claim(limit: 9, lease: .make(), now: .noon)
            #expect(ordinary.map(\.id) == [other.id])
            let crowded = try await store.claimSuspect(isAlone: false, lease: .make("alone"), now: .noon)
            #expect(crowded.isWaiting)
            let alone = try await store.claimSuspect(isAlone: true, lease: .make("alone"), now: .noon)
            let suspect = try #require(alone.suspect)
            #expect(suspect.claimed.id == job.id && !suspect.isPoisoned)
            #expect(suspect.losses == LostLeases.limit)
            #expect(try await store.claimSuspect(isAlone: true, lease: .make("b"), now: .noon).isNone)
        }
    }

    @Test(arguments: StoreKind.all)
    func `only a lease that is lost in the trial poisons`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            for _ in 1...2 { try await store.acceptJob(.make(account: account.id)) }
            for _ in 1...LostLeases.limit { try await store.lose() }
            let killer = try await store.tryAlone("first")
            try await store.expire()

            let poisoned = try #require(
                try await store.claimSuspect(isAlone: false, lease: .make("end"), now: .noon).suspect)
            let neighbour = try await store.tryAlone("second")

            #expect(poisoned.isPoisoned)
            #expect(poisoned.claimed.id == killer.claimed.id)
            #expect(!neighbour.isPoisoned && neighbour.claimed.id != killer.claimed.id)
            #expect(try await store.finish(neighbour.claimed.job, lease: .make("second")))
        }
    }

    @Test(arguments: StoreKind.all)
    func `a lease that is lost after the trial, or after a rest, counts as any other`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            try await store.acceptJob(.make(account: account.id))
            for _ in 1...LostLeases.limit { try await store.lose() }
            let first = try await store.tryAlone("first")
            try await store.endTrial(of: first.claimed.id)
            try await store.expire()

            let second = try await store.tryAlone("second")
            _ = try await store.apply(
                JobChange(
                    job: second.claimed.job.becoming(.waiting), lease: "second",
                    disposition: .rest(until: .noon)))
            try await store.lose()
            let third = try await store.tryAlone("third")

            #expect(!second.isPoisoned && second.losses == LostLeases.limit + 1)
            #expect(!third.isPoisoned && third.losses == LostLeases.limit + 2)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job that was handed back has lost nothing`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptJob(.make(account: account.id))
            for _ in 0...LostLeases.limit {
                let claimed = try requireOne(try await store.claim(limit: 1, lease: .make(), now: .noon))
                let back = JobChange(job: claimed.job, lease: "worker", disposition: .rest(until: .noon))
                #expect(try await store.apply(back))
                try await store.expire()
            }

            #expect(try await store.claimSuspect(isAlone: true, lease: .make("a"), now: .noon).isNone)
            #expect(try await store.claim(limit: 1, lease: .make(), now: .noon).map(\.id) == [job.id])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job that was set aside is found by all at its deadline, and can be cancelled`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let late = try await store.acceptJob(
                .make(account: account.id, deadline: .noon + .seconds(100)))
            let cancelled = try await store.acceptJob(.make(account: account.id))
            for _ in 1...LostLeases.limit { try await store.lose() }

            let due = try await store.claim(limit: 9, lease: .make(), now: .noon + .seconds(100))
            let outcome = try await store.cancel(cancelled.id, of: account.id) { job in
                var ended = job.becoming(.cancelled)
                ended.eventCount += 1
                return Ending(job: ended, event: .make(.cancelled, of: ended, sequence: 2))
            }

            #expect(due.map(\.id) == [late.id])
            guard case .cancelled = outcome else {
                Issue.record("unexpected \(outcome)")
                return
            }
            #expect(try await store.claimSuspect(isAlone: true, lease: .make("a"), now: .noon).isNone)
        }
    }

    @Test func `leases of a process that died count when the store is opened again`() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        var store = try SQLiteStore.open(folder: folder.path, clock: clock)
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let job = try await store.acceptJob(.make(account: account.id))
        for _ in 1...LostLeases.limit {
            #expect(try await store.claim(limit: 1, lease: .make(), now: .noon).map(\.id) == [job.id])
            await store.close()
            store = try SQLiteStore.open(folder: folder.path, clock: clock)
        }

        #expect(try await store.claim(limit: 1, lease: .make(), now: .noon).isEmpty)
        let suspect = try await store.tryAlone("alone")
        await store.close()
        store = try SQLiteStore.open(folder: folder.path, clock: clock)
        let poisoned = try await store.claimSuspect(isAlone: false, lease: .make("end"), now: .noon)

        #expect(suspect.claimed.id == job.id)
        #expect(poisoned.suspect?.isPoisoned == true)
        await store.close()
    }
}

extension Store {
    /// Every job that is due is claimed, and its worker is not heard of again.
    fileprivate func lose() async throws {
        _ = try await claim(limit: 100, lease: .make(), now: .noon)
        try await expire()
    }

    /// All leases of these tests run out; jobs are due at noon again.
    fileprivate func expire() async throws {
        _ = try await releaseExpiredLeases(now: .noon + .seconds(30))
    }

    fileprivate func tryAlone(_ lease: String) async throws -> SuspectJob {
        let claim = try await claimSuspect(isAlone: true, lease: .make(lease), now: .noon)
        return try #require(claim.suspect)
    }
}

extension SuspectClaim {
    fileprivate var suspect: SuspectJob? {
        if case .claimed(let suspect) = self { suspect } else { nil }
    }

    fileprivate var isNone: Bool {
        if case .none = self { true } else { false }
    }

    fileprivate var isWaiting: Bool {
        if case .waiting = self { true } else { false }
    }
}
