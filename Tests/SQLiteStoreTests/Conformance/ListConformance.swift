import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct ListConformance {
    @Test(arguments: StoreKind.all)
    func `pages of jobs are newest first and stable while jobs arrive`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var accepted: [JobID] = []
            for _ in 0..<7 { accepted.append(try await store.acceptJob(.make(account: account.id)).id) }

            var seen: [JobID] = []
            var cursor: String?
            repeat {
                let page = try await store.jobs(
                    JobQuery(account: account.id, limit: 3, cursor: cursor))
                seen += page.items.map { $0.id }
                cursor = page.next
                try await store.acceptJob(.make(account: account.id))
            } while cursor != nil

            #expect(seen == accepted.reversed())
        }
    }

    @Test(arguments: StoreKind.all)
    func `jobs are listed by account, state and session`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let other = Account.make()
            try await store.insert(other, callbackSecret: .make())
            try await store.acceptJob(.make(account: other.id))
            let done = try await store.acceptAndClaim(.make(account: account.id, session: "a"))
            _ = try await store.finish(done)
            let running = try await store.acceptAndClaim(.make(account: account.id, session: "b"))
            let queued = try await store.acceptJob(.make(account: account.id, session: "a"))

            let all = try await store.jobs(JobQuery(account: account.id))
            let live = try await store.jobs(JobQuery(account: account.id, states: [.queued, .generating]))
            let session = try await store.jobs(JobQuery(account: account.id, session: "a"))
            let both = try await store.jobs(
                JobQuery(account: account.id, states: [.completed], session: "a"))

            #expect(all.items.map { $0.id } == [queued.id, running.id, done.id])
            #expect(all.next == nil)
            #expect(live.items.map { $0.id } == [queued.id, running.id])
            #expect(session.items.map { $0.id } == [queued.id, done.id])
            #expect(both.items.map { $0.id } == [done.id])
        }
    }

    @Test(arguments: StoreKind.all)
    func `a cursor that no page gave is refused`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            await #expect(throws: StoreError.self) {
                try await store.jobs(JobQuery(account: account.id, cursor: "elsewhere"))
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `events are read in the order of commits, behind a position`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            #expect(try await store.lastEventPosition() == 0)
            let job = try await store.acceptAndClaim(.make(account: account.id))
            _ = try await store.finish(job)
            let other = try await store.acceptJob(.make(account: account.id))

            let all = try await store.events(EventQuery(account: account.id))
            let rest = try await store.events(EventQuery(account: account.id, after: all[0].position))
            let ended = try await store.events(EventQuery(account: account.id, types: [.completed]))
            let ofJob = try await store.events(EventQuery(account: account.id, job: other.id))
            let two = try await store.events(EventQuery(account: account.id, limit: 2))

            #expect(all.map { $0.event.type } == [.queued, .completed, .queued])
            #expect(all.map { $0.position } == all.map { $0.position }.sorted())
            #expect(rest == Array(all.dropFirst()))
            #expect(ended == [all[1]])
            #expect(ofJob == [all[2]])
            #expect(two == Array(all.prefix(2)))
            #expect(try await store.lastEventPosition() == all[2].position)
            #expect(try await store.events(EventQuery(account: .make("acct_"))).isEmpty)
        }
    }
}
