import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite(.timeLimit(.minutes(10))) struct ConcurrencyConformance {
    @Test(arguments: StoreKind.all)
    func `many callers at once each get their own result`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let jobs = (0..<300).map { Job.make(account: account.id, title: "Title \($0)") }

            try await withThrowingTaskGroup(of: Void.self) { group in
                for job in jobs {
                    group.addTask {
                        try await store.acceptJob(job)
                        #expect(try await store.job(job.id, of: account.id) == job)
                    }
                }
                try await group.waitForAll()
            }

            #expect(try await store.events(EventQuery(account: account.id, limit: 1_000)).count == 300)
        }
    }

    @Test(arguments: StoreKind.all)
    func `concurrent workers never hold the same job`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            for _ in 0..<120 { try await store.acceptJob(.make(account: account.id)) }

            let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for worker in 0..<8 {
                    group.addTask { try await claimAll(from: store, as: "worker-\(worker)") }
                }
                return try await group.reduce(into: [JobID]()) { $0 += $1 }
            }

            #expect(claimed.count == 120)
            #expect(Set(claimed).count == 120)
            let done = try await store.jobs(JobQuery(account: account.id, states: [.completed], limit: 100))
            #expect(done.items.count == 100)
            #expect(done.next != nil)
        }
    }

    @Test(arguments: StoreKind.all, [Refusal.early, .late])
    func `operations that fail leave those beside them alone`(
        kind: StoreKind, refusal: Refusal
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let taken = Job.make(account: account.id)
            let takenEvent = Event.make(.queued, of: taken)
            try await store.accept(taken, callback: nil, event: takenEvent)
            let position = try await store.lastEventPosition()

            let succeeded = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    let job =
                        number.isMultiple(of: 2) && refusal == .early ? taken : .make(account: account.id)
                    var event = Event.make(.queued, of: job)
                    if number.isMultiple(of: 2) { event.id = takenEvent.id }
                    let accepted = event
                    group.addTask {
                        do {
                            try await store.accept(job, callback: nil, event: accepted)
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }

            #expect(succeeded == 100)
            let events = try await store.events(
                EventQuery(account: account.id, after: position, limit: 1_000))
            #expect(events.count == 100)
            #expect(try await store.claim(limit: 500, lease: .make(), now: .noon).count == 101)
        }
    }

    /// When a failing operation fails.
    enum Refusal: Sendable {
        /// Before it has written anything.
        case early
        /// With its job written.
        case late
    }

    @Test(arguments: StoreKind.all)
    func `changes are told after the commit`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var changes = store.changes.subscribe(limit: 100) { _ in true }.makeAsyncIterator()
            let job = try await store.acceptJob(.make(account: account.id))

            var seen: [StoreChange] = []
            for _ in 0..<3 { if let change = await changes.next() { seen.append(change) } }

            #expect(Set(seen) == [.jobClaimable, .job(job.id), .event(account.id)])
            #expect(try await store.job(job.id, of: nil) == job)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a closed store refuses everything and ends its feed`(kind: StoreKind) async throws {
        let open = try await kind.open(ManualClock())
        var changes = open.store.changes.subscribe { _ in true }.makeAsyncIterator()
        try await open.store.ping()

        await open.store.close()

        #expect(await changes.next() == nil)
        await #expect(throws: StoreError.self) { try await open.store.ping() }
        await #expect(throws: StoreError.self) { try await open.store.accounts() }
    }
}

/// Claims and finishes until nothing is left.
private func claimAll(from store: any Store, as worker: String) async throws -> [JobID] {
    var claimed: [JobID] = []
    while true {
        let jobs = try await store.claim(limit: 5, lease: .make(worker), now: .noon).map { $0.job }
        if jobs.isEmpty { return claimed }
        claimed += jobs.map { $0.id }
        for job in jobs {
            #expect(try await store.finish(job, lease: .make(worker)))
        }
    }
}
