import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// Whatever becomes of its jobs, a metered account has what it was granted less what completed jobs cost.
///
/// `THUMBWIRE_MODEL_RUNS` adds that many histories that nobody has seen before.
@Suite("Credit histories", .timeLimit(.minutes(10)))
struct CreditHistoryTests {
    private static let lives = 4
    private static let jobsOfLife = 6

    @Test(arguments: seeds)
    func `credits are exact over failures, lost answers, cancels, deadlines and crashes`(
        seed: UInt64
    ) async throws {
        var random = SeededGenerator(state: seed)
        var jobs: [JobID] = []
        var harness = try await EngineHarness(
            chain: Self.chain, faults: Wreck(&random).points)
        let account = harness.account
        try await harness.beginMetering(granting: 120)
        harness.answerAnything(&random)
        for life in 0..<Self.lives {
            jobs += try await harness.liveOnce(&random, jobs: Self.jobsOfLife)
            let isLast = life == Self.lives - 1
            let faults = isLast ? FaultPoints.none : Wreck(&random).points
            harness = try await harness.next(chain: Self.chain, faults: faults)
        }
        try await harness.use { harness in
            try await harness.pass {
                let page = try await harness.store.jobs(JobQuery(account: account.id, limit: 100))
                return page.items.allSatisfy(\.state.isTerminal)
            }
            try await harness.checkBooks(of: jobs, granted: 120)
        }
    }

    /// Two providers, so that jobs fall back.
    private static let chain = """
        { "version": 1,
          "providers": {
            "main": { "plugin": "billed", "config": { "label": "LABEL" } },
            "spare": { "plugin": "billed", "config": { "label": "LABEL-spare" } } },
          "chains": { "default": { "providers": ["main", "spare"], "steps": [ { "use": "stamp" } ] } } }
        """

    private static let seeds: [UInt64] = {
        let more = ProcessInfo.processInfo.environment["THUMBWIRE_MODEL_RUNS"].flatMap { Int($0) } ?? 0
        return [1, 2, 3] + (0..<more).map { _ in UInt64.random(in: 100..<1_000_000_000) }
    }()
}

extension EngineHarness {
    fileprivate func beginMetering(granting credits: Int) async throws {
        var metered = account
        metered.isMetered = true
        #expect(try await store.update(metered))
        _ = try await store.grant(credits, to: account.id, note: nil, at: clock.now())
    }

    /// Scripts what both providers do, whatever they are asked.
    fileprivate func answerAnything(_ random: inout SeededGenerator) {
        for script in [script, Script.named("\(label)-spare")] {
            for call in 0..<200 {
                script.onCreate(Self.answer(Int.random(in: 0..<20, using: &random), ticket: "t-\(call)"))
            }
            for _ in 0..<400 { script.onPoll(Self.later(Int.random(in: 0..<10, using: &random))) }
        }
    }

    private static func answer(_ number: Int, ticket: String) -> Script.Answer {
        { _ throws(Failure) in
            switch number {
            case 0..<6: return Script.picture
            case 6..<11: return .pending(ticket: ticket, pollAfter: .seconds(2))
            case 11..<14: throw Failure(.unavailable, code: "provider_unavailable", message: "down")
            case 14..<16: throw Failure(.outcomeUnknown, code: "provider_outcome_unknown", message: "lost")
            case 16: throw Failure(.invalidInput, code: "provider_refused", message: "cannot be made")
            case 17..<19: return .failed(Failure(.unavailable, code: "provider_failed", message: "refunded"))
            default:
                // Until the job is cancelled or its deadline is there.
                await Gate().wait()
                throw Failure(.internal, code: "cancelled", message: "gave up")
            }
        }
    }

    private static func later(_ number: Int) -> Script.Answer {
        { _ throws(Failure) in
            switch number {
            case 0..<5: return Script.picture
            case 5..<7: return .pending(ticket: "again", pollAfter: .seconds(3))
            case 7: throw Failure(.unavailable, code: "provider_unavailable", message: "down")
            case 8: return .failed(Failure(.unavailable, code: "provider_failed", message: "refunded"))
            default:
                return .failed(Failure(.invalidInput, code: "provider_returned_nothing", message: "none"))
            }
        }
    }

    /// Accepts jobs, cancels some, and lets time pass; then the process ends. The jobs that were accepted.
    fileprivate func liveOnce(_ random: inout SeededGenerator, jobs count: Int) async throws -> [JobID] {
        let wishes = (0..<count).map { _ in
            (
                credits: Int.random(in: 0...9, using: &random),
                deadline: Int.random(in: 5...50, using: &random),
                isCancelled: Int.random(in: 0..<4, using: &random) == 0
            )
        }
        let accepted = Mutex<[JobID]>([])
        try await use { harness in
            for wish in wishes {
                do {
                    let id = try await harness.submit {
                        $0.credits = wish.credits
                        $0.deadline = .seconds(wish.deadline)
                    }.id
                    accepted.withLock { $0.append(id) }
                    if wish.isCancelled { _ = try await harness.engine.cancel(id, of: harness.account.id) }
                } catch let failure as Failure {
                    #expect(failure.code == "credits_insufficient")
                }
                for _ in 0..<3 { try await harness.passSecond() }
            }
        }
        return accepted.withLock { $0 }
    }

    fileprivate func checkBooks(of ids: [JobID], granted: Int) async throws {
        var completed = 0
        for id in ids {
            let job = try #require(await store.job(id, of: account.id))
            if job.state == .completed { completed += job.credits }
            #expect(job.steps.allSatisfy { $0.attempt <= RetryPolicy().maximumAttempts })
            #expect(!job.steps.contains { $0.status == .started })
            let ends = try await eventTypes(of: id).filter { EventType.terminal.contains($0) }
            #expect(ends.count == 1)
        }
        #expect(try await store.balance(of: account.id) == granted - completed)
        #expect(try await store.held(by: account.id) == 0)
        let lines = try await store.ledger(of: account.id, limit: 100, cursor: nil).items
        let settled = lines.filter { $0.kind == .capture || $0.kind == .release }.compactMap(\.job)
        #expect(Set(settled).count == settled.count)
        #expect(Set(settled) == Set(lines.filter { $0.kind == .hold }.compactMap(\.job)))
    }
}

/// Ends the "process" at a point that chance picks: from then on no worker gets past any point.
private final class Wreck: Sendable {
    private let point: FaultPoint
    private let left: Mutex<Int>

    init(_ random: inout SeededGenerator) {
        point = FaultPoint.allCases.randomElement(using: &random) ?? .beforeFinish
        left = Mutex(Int.random(in: 1...4, using: &random))
    }

    var points: FaultPoints {
        FaultPoints { [self] reached throws(FaultPoints.Crash) in
            let isOver = left.withLock { left in
                if reached == point, left > 0 { left -= 1 }
                return left == 0
            }
            if isOver { throw FaultPoints.Crash() }
        }
    }
}
