import Dispatch
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

@Suite(.timeLimit(.minutes(10))) struct FigureTests {
    /// What `/metrics` says of a store.
    private struct Scrape {
        let metrics = Metrics()
        let store: SQLiteStore

        init(_ folder: TemporaryFolder, _ clock: ManualClock) throws {
            store = try SQLiteStore.open(
                folder: folder.path, clock: clock, metrics: StoreMetrics(in: metrics))
        }

        /// The value of one series; `nil` where there is none.
        func value(_ series: String) async -> Double? {
            let text = String(
                decoding: metrics.text(await store.readings() + store.readingsOfWriter()), as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(series) ") }
            return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
        }
    }

    @Test func `jobs are counted by state, and the queue is as old as the first that could run`() async throws
    {
        let (folder, clock) = (try TemporaryFolder(), ManualClock())
        let scrape = try Scrape(folder, clock)
        let account = Account.make()
        try await scrape.store.insert(account, callbackSecret: .make())
        #expect(await scrape.value("thumbwire_queue_age_seconds") == 0)
        for _ in 0..<3 { try await scrape.store.acceptJob(.make(account: account.id)) }
        clock.advance(by: .seconds(90))

        #expect(await scrape.value(#"thumbwire_jobs{state="queued"}"#) == 3)
        #expect(await scrape.value("thumbwire_queue_age_seconds") == 90)

        let lease = Lease(id: "one", until: clock.now() + .seconds(30))
        let claimed = try await scrape.store.claim(limit: 3, lease: lease, now: clock.now())
        var waiting = try #require(claimed.first?.job)
        waiting.state = .waiting
        let isWritten = try await scrape.store.apply(
            JobChange(job: waiting, lease: "one", disposition: .rest(until: clock.now() + .seconds(10))))
        #expect(isWritten)

        #expect(await scrape.value(#"thumbwire_jobs{state="queued"}"#) == 0)
        #expect(await scrape.value(#"thumbwire_jobs{state="generating"}"#) == 2)
        #expect(await scrape.value(#"thumbwire_jobs{state="waiting"}"#) == 1)
        #expect(await scrape.value("thumbwire_queue_age_seconds") == 0)
        clock.advance(by: .seconds(25))
        #expect(await scrape.value("thumbwire_queue_age_seconds") == 15)
        await scrape.store.close()
    }

    @Test func `deliveries, endpoints and stored bytes are there too`() async throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock())
        let scrape = try Scrape(folder, clock)
        let account = Account.make()
        try await scrape.store.insert(account, callbackSecret: .make())
        let endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_1"), account: account.id, url: "https://a.example",
            events: [.queued],
            createdAt: clock.now())
        try await scrape.store.insert(endpoint, secret: .make())
        try await scrape.store.acceptJob(.make(account: account.id))
        for number in 1...2 {
            try await scrape.store.insert(
                Artifact(
                    id: ArtifactID(rawValue: "art_\(number)"), account: account.id, job: nil,
                    fileName: "\(number).png", sha256: "same", mediaType: "image/png", bytes: 500 * number,
                    createdAt: clock.now()))
        }
        clock.advance(by: .seconds(7))

        #expect(await scrape.value(#"thumbwire_deliveries_pending{target="endpoint"}"#) == 1)
        #expect(await scrape.value(#"thumbwire_deliveries_pending{target="callback"}"#) == 0)
        #expect(await scrape.value("thumbwire_delivery_queue_age_seconds") == 7)
        #expect(await scrape.value(#"thumbwire_endpoints{status="enabled"}"#) == 1)
        #expect(await scrape.value(#"thumbwire_endpoints{status="disabled"}"#) == 0)
        #expect(await scrape.value("thumbwire_artifact_bytes") == 1_500)
        #expect(await scrape.value("thumbwire_database_bytes") ?? 0 > 0)
        #expect(await scrape.value("thumbwire_wal_bytes") ?? 0 > 0)
        #expect(await scrape.value("thumbwire_store_commit_seconds_count") ?? 0 > 3)

        try await scrape.store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.run("DELETE FROM artifacts WHERE id = 'art_1'")
        }
        #expect(await scrape.value("thumbwire_artifact_bytes") == 1_000)
        await scrape.store.close()
    }

    @Test func `a commit that hangs is seen while it does`() async throws {
        let folder = try TemporaryFolder()
        let scrape = try Scrape(folder, ManualClock())
        let gate = DispatchSemaphore(value: 0)
        let begun = Mutex(false)
        #expect(scrape.store.commitAge == .zero)

        let hanging = Task { [store = scrape.store] in
            try await store.writer.perform { _ throws(StoreError) in
                begun.withLock { $0 = true }
                gate.wait()
            }
        }
        while !begun.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
        let text = String(
            decoding: scrape.metrics.text(await scrape.store.readings()), as: UTF8.self)
        let line = text.split(separator: "\n").first {
            $0.hasPrefix("thumbwire_store_commit_age_seconds ")
        }
        let age = line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
        let next = scrape.store.commitAge
        gate.signal()
        try await hanging.value

        #expect(age ?? 0 > 0)
        #expect(next > .seconds(age ?? 0))
        while scrape.store.commitAge > .zero { try await Task.sleep(for: .milliseconds(5)) }
        await scrape.store.close()
    }

    @Test func `a refused commit is counted`() async throws {
        let folder = try TemporaryFolder()
        let scrape = try Scrape(folder, ManualClock())
        await #expect(throws: StoreError.self) {
            try await scrape.store.writer.perform { transaction throws(StoreError) in
                // Ends the transaction that the commit is to end.
                try transaction.connection.run("ROLLBACK")
            }
        }

        #expect(await scrape.value("thumbwire_store_commit_failures_total") == 1)
        await scrape.store.close()
    }

    @Test func `the request that made a job is found`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        var job = Job.make(account: account.id)
        job.requestID = "req-17"
        try await store.acceptJob(job)
        let other = try await store.acceptJob(.make(account: account.id))

        #expect(try await store.requestID(of: job.id) == "req-17")
        #expect(try await store.job(job.id, of: nil)?.requestID == "req-17")
        #expect(try await store.requestID(of: other.id) == nil)
        #expect(try await store.requestID(of: JobID(rawValue: "job_none")) == nil)
        await store.close()
    }

    @Test func `the sum of what was stored before is found once`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/\(SQLiteStore.fileName)"
        let connection = try Connection(path: path, role: .writer(synchronous: .full))
        try connection.execute(
            """
            BEGIN; \(Schema.version1); \(Schema.version2); \(Schema.version3);
            INSERT INTO accounts (id, name, callback_secret, created_at) VALUES ('acct_1', 'a', x'00', 0);
            INSERT INTO artifacts (id, account, file_name, sha256, media_type, bytes, created_at)
                VALUES ('art_1', 'acct_1', 'a', 'a', 'image/png', 40, 0), ('art_2', 'acct_1', 'b', 'b', 'image/png', 2, 0);
            PRAGMA user_version = 3; COMMIT
            """)

        try Schema.migrate(connection, path: path)

        #expect(try connection.first(FigureSQL.artifacts) { $0.integer(0) } == 42)
    }

    /// What a scrape reads must not grow with history.
    static let plans: [(StaticString, String)] = [
        (FigureSQL.ready, "INDEX live_jobs_ready"), (FigureSQL.resting, "INDEX live_jobs_resting"),
        (FigureSQL.leased, "INDEX live_jobs_leased"),
        (FigureSQL.pendingOfEndpoints, "INDEX deliveries_due_endpoints"),
        (FigureSQL.pendingOfCallbacks, "INDEX deliveries_due_callbacks"),
        (FigureSQL.endpoints, "COVERING INDEX endpoints_by_status"),
        (FigureSQL.artifacts, "artifact_totals USING INTEGER PRIMARY KEY"),
        (FigureSQL.dueTime, "live_jobs USING INTEGER PRIMARY KEY"),
        (FigureSQL.requestID, "SEARCH jobs"),
    ]

    @Test(arguments: plans.indices)
    func `a scrape looks only into what is live`(index: Int) throws {
        let (sql, place) = Self.plans[index]
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/plan.db", role: .writer(synchronous: .full))
        try Schema.migrate(connection, path: folder.path)

        let plan = try connection.plan(of: "\(sql)")

        #expect(plan.contains { $0.contains(place) }, "\(plan)")
        let scans = plan.filter { $0.hasPrefix("SCAN") && !$0.contains("subquery") }
        #expect(scans.allSatisfy { $0.contains("INDEX") }, "\(plan)")
    }
}
