import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Janitor", .timeLimit(.minutes(10)))
struct JanitorTests {
    private static let day = Duration.seconds(86_400)

    private func janitor(_ harness: EngineHarness, _ change: (inout RetentionPolicy) -> Void) -> Janitor {
        var configuration = Janitor.Configuration()
        configuration.pause = .zero
        var policy = RetentionPolicy.keepingAll
        change(&policy)
        return Janitor(services: harness.services, policy: policy, configuration: configuration)
    }

    private func endedJob(_ harness: EngineHarness) async throws -> Job {
        harness.script.onCreate { _ in Script.picture }
        return try await harness.ended(harness.submit().id)
    }

    private func file(_ job: Job, _ harness: EngineHarness) throws -> String {
        let output = try #require(job.outputs.first)
        return try #require(harness.services.artifacts.path(sha256: output.sha256))
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func `jobs go with their files once they have been over for long enough`() async throws {
        try await EngineHarness.run { harness in
            let job = try await endedJob(harness)
            let path = try file(job, harness)
            let janitor = janitor(harness) { $0.jobs = Self.day }
            let work = Task { await janitor.run() }
            defer { work.cancel() }
            // Its first round is over when it sleeps.
            try await harness.wait { exists(path) && harness.clock.sleeperCount > 0 }

            #expect(try await harness.store.job(job.id, of: nil) != nil)
            harness.clock.advance(by: Self.day + .seconds(1))
            try await harness.wait {
                harness.clock.advance(by: .seconds(3_600))
                return try await harness.store.job(job.id, of: nil) == nil && !exists(path)
            }
        }
    }

    @Test func `a document says when its link ends, and the link ends then`() async throws {
        try await EngineHarness.run { harness in
            let job = try await endedJob(harness)
            let output = try #require(job.outputs.first)
            let path = try file(job, harness)
            let janitor = janitor(harness) { _ in }

            #expect(output.expiresAt == .noon + Self.day * 90)
            harness.clock.advance(by: Self.day * 90 - .seconds(1))
            await janitor.runOnce()
            #expect(try await harness.store.artifact(fileName: output.fileName) != nil)
            #expect(exists(path))
            harness.clock.advance(by: .seconds(1))
            #expect(try await harness.store.artifact(fileName: output.fileName) == nil)
            await janitor.runOnce()
            #expect(!exists(path))
            #expect(try await harness.store.job(job.id, of: nil) != nil)
        }
    }

    @Test func `keys of requests go after their day`() async throws {
        try await EngineHarness.run { harness in
            let account = Account.make()
            let key = IdempotencyKey(scope: [1], request: [2], at: harness.clock.now())
            try await harness.store.insert(account, callbackSecret: .make(), credits: 0, once: key)
            let janitor = janitor(harness) { _ in }
            await janitor.runOnce()
            #expect(try await harness.store.resource(of: key)?.id == account.id.rawValue)

            harness.clock.advance(by: IdempotencyKey.life + .seconds(1))
            await janitor.runOnce()

            let left = try await harness.store.removeExpiredIdempotencyKeys(
                before: harness.clock.now(), limit: 10)
            #expect(left == 0)
        }
    }

    @Test func `a picture is promised no longer than its job is kept`() {
        var policy = RetentionPolicy()
        #expect(policy.expiry(ofPictureAt: .noon) == .noon + Self.day * 90)
        policy.jobs = Self.day
        #expect(policy.expiry(ofPictureAt: .noon) == .noon + Self.day)
        policy.artifacts = .seconds(60)
        #expect(policy.expiry(ofPictureAt: .noon) == .noon + .seconds(60))
        #expect(RetentionPolicy.keepingAll.expiry(ofPictureAt: .noon) == nil)
        #expect(policy.expiry(ofUploadAt: .noon) == .noon + Self.day)
        #expect(RetentionPolicy.keepingAll.expiry(ofUploadAt: .noon) == .distantFuture)
    }

    @Test
    func `over its limit the folder loses the oldest pictures, and takes nothing if that does not help`()
        async throws
    {
        try await EngineHarness.run { harness in
            let job = try await endedJob(harness)
            let path = try file(job, harness)
            let database = try await harness.store.storedBytes().database

            await janitor(harness) { $0.maximumBytes = .max }.runOnce()
            #expect(exists(path))
            await janitor(harness) { $0.maximumBytes = database / 2 }.runOnce()

            #expect(!exists(path))
            #expect(try await harness.store.job(job.id, of: nil)?.state == .completed)
            let refusal = await #expect(throws: Failure.self) { try await harness.submit() }
            #expect(refusal?.code == "storage_full")
            #expect(refusal?.retryAfter != nil)
            await janitor(harness) { $0.maximumBytes = database * 2 }.runOnce()
            _ = try await harness.submit()
        }
    }

    @Test func `room is made down to nine tenths, not further`() async throws {
        let log = Mutex<[Log.Entry]>([])
        try await EngineHarness.run { harness in
            for _ in 0..<12 {
                // Each with a file of its own.
                let bytes = (0..<20_000).map { _ in UInt8.random(in: 0...255) }
                let job = try await endedJob(harness)
                let stored = try await harness.services.artifacts.write(bytes)
                var artifact = Artifact.make(account: harness.account.id, job: job.id)
                artifact.sha256 = stored.sha256
                artifact.bytes = bytes.count
                try await harness.store.insert(artifact)
                withExtendedLifetime(stored.hold) {}
            }
            let before = try await harness.store.storedBytes()
            let limit = before.total - 1
            var services = harness.services
            services.log = Log { entry in log.withLock { $0.append(entry) } }
            var policy = RetentionPolicy.keepingAll
            policy.maximumBytes = limit
            var configuration = Janitor.Configuration()
            (configuration.pause, configuration.jobsAtOnce) = (.zero, 1)

            await Janitor(services: services, policy: policy, configuration: configuration).runOnce()

            let after = try await harness.store.storedBytes()
            // A database that shrinks with its rows is counted only at the end.
            #expect(after.artifacts < before.artifacts)
            #expect(before.artifacts - after.artifacts < limit / 10 + 21_000)
            #expect(harness.services.storage.shortage == nil)
            #expect(log.withLock { $0 }.contains { $0.level == .warning && $0.fields["freedBytes"] != nil })
        }
    }

    @Test func `files that nothing names go after an hour`() async throws {
        try await EngineHarness.run { harness in
            let job = try await endedJob(harness)
            let orphan = try await harness.services.artifacts.write([9, 8, 7]).sha256
            let path = try #require(harness.services.artifacts.path(sha256: orphan))
            let date = Date(timeIntervalSince1970: Double(Timestamp.noon.seconds))
            for path in [path, try file(job, harness)] {
                try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
            }
            let janitor = janitor(harness) { _ in }

            harness.clock.advance(by: .seconds(3_600))
            await janitor.runOnce()
            #expect(exists(path))
            harness.clock.advance(by: .seconds(1))
            await janitor.runOnce()

            #expect(!exists(path))
            let kept = try file(job, harness)
            #expect(exists(kept))
        }
    }

    @Test func `a deleted job's files are gone at once`() async throws {
        try await EngineHarness.run { harness in
            let job = try await endedJob(harness)
            let path = try file(job, harness)

            let erasure = try await harness.engine.delete(
                job.id, of: harness.account.id, dropsDeliveries: false)

            #expect(erasure != .notFound)
            #expect(!exists(path))
        }
    }

    @Test func `without room nothing new is accepted, and what runs goes on`() async throws {
        try await EngineHarness.run(isRunning: false) { harness in
            harness.script.onCreate { _ in Script.picture }
            let accepted = try await harness.submit()
            harness.services.storage.noteExceeded(limitBytes: 1)

            let refusal = await #expect(throws: Failure.self) { try await harness.submit() }
            let retry = await #expect(throws: Failure.self) {
                try await harness.engine.retry(accepted.id, of: harness.account.id, RetryWish())
            }
            let work = Task { await harness.engine.run() }
            let ended = try await harness.ended(accepted.id)
            work.cancel()
            await work.value

            #expect(refusal?.code == "storage_full")
            #expect(retry?.code == "storage_full")
            #expect(ended.state == .completed)
        }
    }
}
