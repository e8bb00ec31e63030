import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct SessionConformance {
    @Test(arguments: StoreKind.all)
    func `a session counts its account's jobs by state`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let other = Account.make()
            try await store.insert(other, callbackSecret: .make())
            try await store.acceptJob(.make(account: other.id, session: "a"))
            let done = try await store.acceptAndClaim(.make(account: account.id, session: "a"))
            _ = try await store.finish(done)
            _ = try await store.acceptAndClaim(.make(account: account.id, session: "a"))
            for _ in 0..<2 { try await store.acceptJob(.make(account: account.id, session: "a")) }
            try await store.acceptJob(.make(account: account.id, session: "b"))

            #expect(
                try await store.jobCounts(of: "a", account: account.id)
                    == [.completed: 1, .generating: 1, .queued: 2])
            #expect(try await store.jobCounts(of: "c", account: account.id).isEmpty)
        }
    }
}
