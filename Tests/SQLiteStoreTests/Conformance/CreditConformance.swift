import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct CreditConformance {
    @Test(arguments: StoreKind.all)
    func `a grant moves the balance and stands in the ledger, newest first`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            #expect(try await store.balance(of: account.id) == 0)
            #expect(try await store.grant(10, to: account.id, note: "welcome", at: .noon) == 10)
            #expect(try await store.grant(-12, to: account.id, note: nil, at: .noon + .seconds(1)) == -2)

            #expect(try await store.balance(of: account.id) == -2)
            let page = try await store.ledger(of: account.id, limit: 1, cursor: nil)
            #expect(page.items == [LedgerEntry(kind: .grant, amount: -12, at: .noon + .seconds(1))])
            let rest = try await store.ledger(of: account.id, limit: 1, cursor: page.next)
            #expect(rest.items == [LedgerEntry(kind: .grant, amount: 10, note: "welcome", at: .noon)])
            #expect(rest.next == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `credits of an account that does not exist are missing`(kind: StoreKind) async throws {
        try await withStore(kind) { store, _, _ in
            await #expect(throws: StoreError.self) {
                try await store.grant(1, to: .make("acct_"), note: nil, at: .noon)
            }
            await #expect(throws: StoreError.self) { try await store.balance(of: .make("acct_")) }
            await #expect(throws: StoreError.self) { try await store.spending(of: .make("key_")) }
        }
    }

    @Test(arguments: StoreKind.all)
    func `a metered job holds its credits from acceptance on`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 10) { store, account in
            let job = try await store.acceptJob(.make(account: account.id, credits: 4))

            #expect(try await store.balance(of: account.id) == 6)
            #expect(try await store.held(by: account.id) == 4)
            let newest = try await store.ledger(of: account.id, limit: 1, cursor: nil).items
            #expect(newest == [LedgerEntry(kind: .hold, amount: -4, job: job.id, at: .noon)])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job that costs more than the balance is not accepted at all`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 7) { store, account in
            try await store.acceptJob(.make(account: account.id, credits: 4))
            let position = try await store.lastEventPosition()
            let second = Job.make(account: account.id, credits: 4)

            let outcome = try await store.accept(second, callback: nil, event: .make(.queued, of: second))

            guard case .insufficientCredits(available: 3) = outcome else {
                Issue.record("unexpected \(outcome)")
                return
            }
            #expect(try await store.job(second.id, of: nil) == nil)
            #expect(try await store.lastEventPosition() == position)
            #expect(try await store.balance(of: account.id) == 3)
        }
    }

    @Test(arguments: StoreKind.all)
    func `requests at the same time cannot spend more than there is`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 22) { store, account in
            let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        let job = Job.make(account: account.id, credits: 4)
                        let outcome = try await store.accept(job, callback: nil, event: .make(of: job))
                        if case .accepted = outcome { return true }
                        return false
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }

            #expect(accepted == 5)
            #expect(try await store.balance(of: account.id) == 2)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job that conflicts with another holds nothing`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 9) { store, account in
            let job = try await store.acceptJob(.make(account: account.id, credits: 4))

            await #expect(throws: StoreError.self) { try await store.acceptJob(job) }

            #expect(try await store.balance(of: account.id) == 5)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job without price needs no balance`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: -5) { store, account in
            let job = Job.make(account: account.id)
            guard case .accepted = try await store.accept(job, callback: nil, event: .make(of: job)) else {
                Issue.record("refused")
                return
            }
            #expect(try await store.balance(of: account.id) == -5)
        }
    }

    @Test(arguments: StoreKind.all)
    func `completion keeps the hold, failure gives it back`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 10) { store, account in
            let kept = try await store.acceptAndClaim(.make(account: account.id, credits: 4))
            let failed = try await store.acceptAndClaim(.make(account: account.id, credits: 5))
            #expect(try await store.balance(of: account.id) == 1)

            try await store.finish(kept)
            try await store.finish(failed, as: .failed, event: .failed)

            #expect(try await store.balance(of: account.id) == 6)
            #expect(try await store.held(by: account.id) == 0)
            let newest = try await store.ledger(of: account.id, limit: 2, cursor: nil).items
            #expect(newest.map(\.kind) == [.release, .capture])
            #expect(newest.map(\.amount) == [5, 0])
            #expect(newest.map(\.job) == [failed.id, kept.id])
        }
    }

    @Test(arguments: StoreKind.all)
    func `cancelling gives the credits back, once`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 4) { store, account in
            let job = try await store.acceptJob(.make(account: account.id, credits: 4))
            for _ in 0..<2 {
                _ = try await store.cancel(job.id, of: account.id) { job in
                    let cancelled = job.becoming(.cancelled)
                    return Ending(job: cancelled, event: .make(.cancelled, of: cancelled, sequence: 2))
                }
            }

            #expect(try await store.balance(of: account.id) == 4)
            #expect(try await store.ledger(of: account.id, limit: 9, cursor: nil).items.count == 3)
        }
    }

    @Test(arguments: StoreKind.all)
    func `what does not change the state settles nothing`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 4) { store, account in
            let job = try await store.acceptAndClaim(.make(account: account.id, credits: 4))

            let isApplied = try await store.finish(job, as: .failed, lease: .make("stranger"), event: .failed)

            #expect(!isApplied)
            #expect(try await store.balance(of: account.id) == 0)
            #expect(try await store.held(by: account.id) == 4)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a hold is settled as it was made, whatever the account became`(kind: StoreKind) async throws {
        try await withMeteredStore(kind, balance: 4) { store, account in
            let job = try await store.acceptAndClaim(.make(account: account.id, credits: 4))
            var unmetered = account
            unmetered.isMetered = false
            #expect(try await store.update(unmetered))
            let free = try await store.acceptAndClaim(.make(account: account.id, credits: 4))
            #expect(try await store.update(account))

            try await store.finish(job, as: .failed, event: .failed)
            try await store.finish(free, as: .failed, event: .failed)

            #expect(try await store.balance(of: account.id) == 4)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an account that is not metered writes no lines`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let key = APIKey.make(account: account.id)
            try await store.insert(key, valueHash: [1])
            let job = try await store.acceptAndClaim(.make(account: account.id, credits: 4, key: key.id))
            try await store.finish(job)

            #expect(try await store.ledger(of: account.id, limit: 9, cursor: nil).items.isEmpty)
            #expect(try await store.spending(of: key.id) == 0)
        }
    }

    @Test(arguments: StoreKind.all, [true, false])
    func `a key's cap counts what its jobs hold and cost`(kind: StoreKind, isMetered: Bool) async throws {
        try await withStore(kind) { store, _, _ in
            let account = Account.make(isMetered: isMetered)
            try await store.insert(account, callbackSecret: .make())
            _ = try await store.grant(100, to: account.id, note: nil, at: .noon)
            let key = APIKey.make(account: account.id, creditCap: 10)
            try await store.insert(key, valueHash: [1])
            let first = try await store.acceptAndClaim(.make(account: account.id, credits: 4, key: key.id))
            let second = try await store.acceptAndClaim(.make(account: account.id, credits: 4, key: key.id))
            let third = Job.make(account: account.id, credits: 4, key: key.id)

            let refused = try await store.accept(third, callback: nil, event: .make(of: third))
            try await store.finish(first)
            try await store.finish(second, as: .failed, event: .failed)
            let spending = try await store.spending(of: key.id)
            let accepted = try await store.accept(third, callback: nil, event: .make(of: third))

            guard case .insufficientCredits(available: 2) = refused, case .accepted = accepted else {
                Issue.record("unexpected \(refused), \(accepted)")
                return
            }
            #expect(spending == 4)
            #expect(try await store.spending(of: key.id) == 8)
            #expect(try await store.balance(of: account.id) == (isMetered ? 92 : 100))
        }
    }
}

/// A store with one metered account of that balance.
func withMeteredStore(
    _ kind: StoreKind, balance: Int, _ test: (any Store, Account) async throws -> Void
) async throws {
    try await withStore(kind) { store, _, _ in
        let account = Account.make(isMetered: true)
        try await store.insert(account, callbackSecret: .make())
        if balance != 0 { _ = try await store.grant(balance, to: account.id, note: nil, at: .noon) }
        try await test(store, account)
    }
}
