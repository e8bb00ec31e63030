import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// The process dies at every point of the provider step in turn; the next one goes on with what is durable.
@Suite("Crashes", .timeLimit(.minutes(10)))
struct CrashTests {
    struct Ending: Sendable, CustomTestStringConvertible {
        var point: FaultPoint
        var hasTicket: Bool
        /// `nil` completes.
        var failure: String?
        /// Orders that the other side saw.
        var creates: Int

        var testDescription: String { "\(point.rawValue), \(hasTicket ? "ticket" : "bytes at once")" }
    }

    static let endings: [Ending] = [true, false].flatMap { hasTicket in
        FaultPoint.allCases.compactMap { point in
            switch point {
            case .beforeIntent: Ending(point: point, hasTicket: hasTicket, creates: 1)
            // Something may have been bought; nothing says that it was not.
            case .afterIntent, .beforeCall:
                Ending(point: point, hasTicket: hasTicket, failure: "provider_outcome_unknown", creates: 0)
            case .afterAnswer:
                Ending(point: point, hasTicket: hasTicket, failure: "provider_outcome_unknown", creates: 1)
            case .afterTicket, .beforePoll, .afterPoll:
                hasTicket ? Ending(point: point, hasTicket: true, creates: 1) : nil
            case .afterArtifacts:
                Ending(
                    point: point, hasTicket: hasTicket,
                    failure: hasTicket ? nil : "provider_outcome_unknown", creates: 1)
            case .afterResult, .beforeFinish, .afterFinish:
                Ending(point: point, hasTicket: hasTicket, creates: 1)
            // Of tickets whose job has ended: see the tests of open tickets.
            case .afterLatePoll: nil
            }
        }
    }

    @Test(arguments: endings)
    func `nothing is bought twice and nothing that reached us is lost`(ending: Ending) async throws {
        let fuse = Fuse(ending.point)
        let first = try await EngineHarness(chain: EngineHarness.billedChain, faults: fuse.points)
        let hasTicket = ending.hasTicket
        for _ in 1...2 {
            first.script.onCreate { _ in
                hasTicket ? .pending(ticket: "t-1", pollAfter: .seconds(2)) : Script.picture
            }
            first.script.onPoll { _ in Script.picture }
        }
        let accepted = Mutex<JobID?>(nil)
        try await first.use { harness in
            let id = try await harness.submit { $0.deadline = .seconds(80_000) }.id
            accepted.withLock { $0 = id }
            try await harness.wait {
                let state = try await harness.store.job(id, of: nil)?.state
                if state == .waiting { try await harness.passSecond() }
                return fuse.isBlown
            }
        }
        let id = try #require(accepted.withLock { $0 })

        try await first.next(chain: EngineHarness.billedChain).use { harness in
            let job = try await harness.endedInTime(id)

            #expect(job.failure?.code == ending.failure)
            #expect(job.state == (ending.failure == nil ? .completed : .failed))
            #expect(harness.script.requests.count == ending.creates)
            #expect(job.outputs.count == (ending.failure == nil ? 1 : 0))
            #expect(try await harness.eventTypes(of: id).count { EventType.terminal.contains($0) } == 1)
        }
    }

    @Test func `a job that is cancelled before its next worker comes says that it may have bought something`()
        async throws
    {
        let fuse = Fuse(.afterIntent)
        let first = try await EngineHarness(chain: EngineHarness.billedChain, faults: fuse.points)
        let accepted = Mutex<JobID?>(nil)
        try await first.use { harness in
            let id = try await harness.submit().id
            accepted.withLock { $0 = id }
            try await harness.wait { fuse.isBlown }
        }
        let id = try #require(accepted.withLock { $0 })

        try await first.next(chain: EngineHarness.billedChain).use(isRunning: false) { harness in
            guard case .cancelled(let job) = try await harness.engine.cancel(id, of: harness.account.id)
            else {
                Issue.record("somebody holds the job")
                return
            }

            #expect(job.steps.map(\.status) == [.failed])
            #expect(job.steps.map(\.failure?.code) == ["provider_outcome_unknown"])
        }
    }

    @Test func `a chain that orders again does so after a crash, once`() async throws {
        let chain = EngineHarness.billedChain.replacingOccurrences(
            of: "\"providers\": [\"main\"],", with: "\"providers\": [\"main\"], \"onUnknown\": \"resubmit\",")
        let fuse = Fuse(.afterAnswer)
        let first = try await EngineHarness(chain: chain, faults: fuse.points)
        for _ in 1...2 { first.script.onCreate { _ in Script.picture } }
        let accepted = Mutex<JobID?>(nil)
        try await first.use { harness in
            let id = try await harness.submit().id
            accepted.withLock { $0 = id }
            try await harness.wait { fuse.isBlown }
        }
        let id = try #require(accepted.withLock { $0 })

        try await first.next(chain: chain).use { harness in
            let job = try await harness.endedInTime(id)

            #expect(job.state == .completed)
            #expect(harness.script.requests.count == 2)
            #expect(harness.script.requests[0].idempotencyKey == harness.script.requests[1].idempotencyKey)
            #expect(job.steps.filter { $0.index == 0 }.map(\.status) == [.failed, .succeeded])
        }
    }
}

/// Ends the "process" when it comes by a point, every time or so often: its worker writes nothing more.
final class Fuse: Sendable {
    private let point: FaultPoint
    private let count: Int
    private let blown = Mutex(0)

    init(_ point: FaultPoint, count: Int = .max) {
        self.point = point
        self.count = count
    }

    var isBlown: Bool { blown.withLock { $0 > 0 } }

    var points: FaultPoints {
        FaultPoints { [self] reached throws(FaultPoints.Crash) in
            guard reached == point else { return }
            let isIntact = blown.withLock { blown in
                guard blown < count else { return true }
                blown += 1
                return false
            }
            if !isIntact { throw FaultPoints.Crash() }
        }
    }
}
