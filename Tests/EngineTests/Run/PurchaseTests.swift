import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Purchases", .timeLimit(.minutes(10)))
struct PurchaseTests {
    @Test func `a job cancelled during a billed call keeps what was bought`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let (started, release) = (Gate(), Gate())
            let wasCutOff = Mutex(false)
            harness.script.onCreate { _ in
                started.open()
                await release.wait()
                wasCutOff.withLock { $0 = Task.isCancelled }
                return Script.picture
            }
            let id = try await harness.submit().id
            await started.wait()

            try await harness.cancelRunning(id)
            release.open()
            let job = try await harness.ended(id)

            #expect(job.state == .cancelled)
            #expect(job.steps.map { $0.status } == [.succeeded])
            #expect(job.steps.first?.artifacts.count == 1)
            #expect(!wasCutOff.withLock { $0 })
        }
    }

    @Test func `a ticket bought while its job was cancelled is cancelled at the provider`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let (started, release) = (Gate(), Gate())
            harness.script.onCreate { _ in
                started.open()
                await release.wait()
                return .pending(ticket: "t-1", pollAfter: .seconds(60))
            }
            let id = try await harness.submit().id
            await started.wait()

            try await harness.cancelRunning(id)
            release.open()
            let job = try await harness.ended(id)

            #expect(job.state == .cancelled)
            #expect(job.steps.first?.ticket == "t-1")
            #expect(harness.script.cancelledTickets == ["t-1"])
        }
    }

    @Test func `the job's deadline during a billed call leaves an unknown outcome`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let started = Gate()
            harness.script.onCreate { _ throws(Failure) in
                started.open()
                await Gate().wait()
                throw Failure(.unavailable, code: "cut_off", message: "gave up")
            }
            let id = try await harness.submit { $0.deadline = .seconds(20) }.id
            await started.wait()

            harness.clock.advance(by: .seconds(21))
            let job = try await harness.ended(id)

            #expect(job.failure?.code == "provider_outcome_unknown")
        }
    }

    @Test func `draining does not wait longer than it may for a billed call`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let started = Gate()
            harness.script.onCreate { _ throws(Failure) in
                started.open()
                await Gate().wait()
                throw Failure(.outcomeUnknown, code: "provider_outcome_unknown", message: "cut off")
            }
            let id = try await harness.submit().id
            await started.wait()

            // The leases, the job's deadline and the step's sleep; then draining does, too.
            try await harness.wait { harness.clock.sleeperCount == 3 }
            async let drained: Void = harness.engine.drain(timeout: .seconds(5))
            try await harness.wait { harness.clock.sleeperCount == 4 }
            harness.clock.advance(by: .seconds(5))
            await drained
            _ = try await harness.job(id) { $0.steps.first?.status == .failed }

            #expect(harness.script.requests.count == 1)
        }
    }

    @Test func `a refusal that arrives while draining is known after the restart`() async throws {
        try await EngineHarness.run(chain: EngineHarness.billedChain) { harness in
            let (started, release) = (Gate(), Gate())
            harness.script.onCreate { _ throws(Failure) in
                started.open()
                await release.wait()
                throw Failure(.outOfFunds, code: "no_money", message: "no money")
            }
            let id = try await harness.submit().id
            await started.wait()

            async let drained: Void = harness.engine.drain(timeout: .seconds(30))
            try await harness.wait { !harness.engine.isAccepting }
            release.open()
            await drained
            let job = try #require(await harness.store.job(id, of: nil))

            #expect(!job.state.isTerminal)
            #expect(job.steps.first?.failure?.code == "no_money")
        }
    }

    @Test func `a ticket whose provider cannot be asked is not bought again elsewhere`() async throws {
        let chain = JobLifeTests.twoProviders.replacingOccurrences(of: "scripted", with: "billed")
            .replacingOccurrences(of: ", \"apiKey\": \"other\"", with: "")
        try await EngineHarness.run(chain: chain) { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(1)) }
            harness.script.onPoll { _ throws(Failure) in
                throw Failure(.misconfigured, code: "provider_misconfigured", message: "no key")
            }
            harness.script.onPoll { _ in Script.picture }
            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }

            harness.clock.advance(by: .seconds(1))
            _ = try await harness.job(id) {
                $0.state == .waiting && harness.script.polledTickets.count == 1
            }
            harness.clock.advance(by: .seconds(5))
            let job = try await harness.ended(id)

            #expect(job.state == .completed)
            #expect(job.provider == "main")
            #expect(harness.script.requests.count == 1)
        }
    }

    @Test func `bytes that were bought outlast a disk that is full for a while`() async throws {
        let disk = FullDisk()
        try await EngineHarness.run(
            chain: EngineHarness.billedChain, artifacts: disk.wrap
        ) { harness in
            harness.script.onCreate { _ in Script.picture }
            let id = try await harness.submit().id
            try await harness.wait { disk.refusals.withLock { $0 } == 0 }

            try await harness.pass {
                try await harness.store.job(id, of: nil)?.state.isTerminal == true
            }
            let job = try await harness.ended(id)

            #expect(job.state == .completed)
            #expect(harness.script.requests.count == 1)
        }
    }
}

/// Refuses to write once.
private final class FullDisk: ArtifactStorage {
    let artifacts = Mutex<(any ArtifactStorage)?>(nil)
    /// How many writes are still refused.
    let refusals = Mutex(1)

    func wrap(_ artifacts: any ArtifactStorage) -> any ArtifactStorage {
        self.artifacts.withLock { $0 = artifacts }
        return self
    }

    func write(_ bytes: [UInt8]) async throws(StoreError) -> StoredContent {
        let isRefused = refusals.withLock { left in
            defer { left = max(0, left - 1) }
            return left > 0
        }
        guard !isRefused, let artifacts = artifacts.withLock({ $0 }) else {
            throw .cannotWrite("disk is full")
        }
        return try await artifacts.write(bytes)
    }

    func read(sha256: String) async throws(StoreError) -> [UInt8] {
        guard let artifacts = artifacts.withLock({ $0 }) else { throw .missing("artifact \(sha256)") }
        return try await artifacts.read(sha256: sha256)
    }

    func path(sha256: String) -> String? { artifacts.withLock { $0 }?.path(sha256: sha256) }

    func remove(_ contents: [String], named: ContentNames) async throws(StoreError) -> Int64 {
        try await artifacts.withLock { $0 }?.remove(contents, named: named) ?? 0
    }

    func removeOrphans(storedBefore moment: Timestamp, named: ContentNames) async throws(StoreError) -> Int64
    {
        try await artifacts.withLock { $0 }?.removeOrphans(storedBefore: moment, named: named) ?? 0
    }
}
