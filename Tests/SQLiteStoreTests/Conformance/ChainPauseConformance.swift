import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct ChainPauseConformance {
    @Test(arguments: StoreKind.all)
    func `jobs of a paused chain are accepted, and no claim meets them before their deadline`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            try await store.pause(.make("slow"))
            let waiting = try await store.acceptJob(
                .make(account: account.id, pin: .make(name: "slow"), deadline: .noon + .seconds(50)))
            let other = try await store.acceptJob(.make(account: account.id))

            let claimed = try await store.claim(limit: 9, lease: .make(), now: .noon)
            let due = try await store.claim(limit: 9, lease: .make(), now: .noon + .seconds(50))

            #expect(claimed.map(\.id) == [other.id])
            #expect(try await store.job(waiting.id, of: nil)?.state == .generating)
            #expect(due.map(\.id) == [waiting.id])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a worker's job waits only while its chain is paused`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let pin = PinnedChain.make(name: "slow")
            let first = try await store.acceptAndClaim(.make(account: account.id, pin: pin))
            let awaiting = JobChange(
                job: first.becoming(.waiting), lease: "worker", disposition: .awaitChain)
            #expect(try await store.apply(awaiting))
            let unpaused = try await store.claim(limit: 9, lease: .make(), now: .noon)

            try await store.pause(.make("slow"))
            #expect(try await store.apply(awaiting))
            let paused = try await store.claim(limit: 9, lease: .make(), now: .noon)

            #expect(unpaused.map(\.id) == [first.id])
            #expect(paused.isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job that was asked to cancel does not wait for its chain`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let job = try await store.acceptAndClaim(.make(account: account.id, pin: .make(name: "slow")))
            try await store.pause(.make("slow"))
            _ = try await store.cancel(job.id, of: account.id) { job in
                Ending(job: job.becoming(.cancelled), event: .make(.cancelled, of: job))
            }
            _ = try await store.apply(
                JobChange(job: job.becoming(.waiting), lease: "worker", disposition: .awaitChain))

            let claimed = try await store.claim(limit: 9, lease: .make(), now: .noon)

            #expect(claimed.map(\.isCancelRequested) == [true])
        }
    }

    @Test(arguments: StoreKind.all)
    func `those who waited are let go in batches, oldest first, when the pause is over`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            try await store.pause(.make("slow"))
            var waiting: [JobID] = []
            for _ in 1...5 {
                let job = Job.make(account: account.id, pin: .make(name: "slow"))
                waiting.append(try await store.acceptJob(job).id)
            }
            #expect(try await !store.letGo(ofChain: "slow", limit: 2, now: .noon))
            #expect(try await store.claim(limit: 9, lease: .make(), now: .noon).isEmpty)

            #expect(try await store.endPause(ofChain: "slow"))
            #expect(try await !store.endPause(ofChain: "slow"))
            #expect(try await store.chainPauses().map(\.isOver) == [true])
            #expect(try await store.letGo(ofChain: "slow", limit: 2, now: .noon))
            let first = try await store.claim(limit: 9, lease: .make(), now: .noon)
            while try await store.letGo(ofChain: "slow", limit: 2, now: .noon) {}
            let rest = try await store.claim(limit: 9, lease: .make(), now: .noon)

            #expect(first.map(\.id) == Array(waiting.prefix(2)))
            #expect(rest.map(\.id) == Array(waiting.dropFirst(2)))
            #expect(try await store.chainPauses().isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a pause that began anew stops letting go, and says the newest reason`(kind: StoreKind) async throws
    {
        try await withStore(kind) { store, account, _ in
            try await store.pause(.make("slow"))
            let job = try await store.acceptJob(.make(account: account.id, pin: .make(name: "slow")))
            _ = try await store.endPause(ofChain: "slow")
            let again = ChainPause(
                chain: "slow", until: .noon + .seconds(9), reason: "again", at: .noon + .seconds(1))
            try await store.pause(again)

            #expect(try await !store.letGo(ofChain: "slow", limit: 9, now: .noon))
            #expect(try await store.claim(limit: 9, lease: .make(), now: .noon).isEmpty)
            #expect(try await store.chainPauses() == [again])
            #expect(try await store.job(job.id, of: nil)?.state == .queued)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a pause whose time has passed has nobody wait`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            try await store.pause(
                ChainPause(chain: "slow", until: .noon, reason: "short", at: .noon + .seconds(-60)))

            let job = try await store.acceptJob(.make(account: account.id, pin: .make(name: "slow")))

            #expect(try await store.claim(limit: 9, lease: .make(), now: .noon).map(\.id) == [job.id])
        }
    }
}

extension ChainPause {
    fileprivate static func make(_ chain: String) -> ChainPause {
        ChainPause(chain: chain, until: nil, reason: "too slow", at: .noon)
    }
}
