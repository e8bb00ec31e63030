import Foundation
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

/// Random histories, made on a store and on the model of its contract alike.
///
/// `THUMBWIRE_MODEL_RUNS` adds that many histories that nobody has seen before; their seeds are printed when they fail,
/// and `THUMBWIRE_MODEL_SEED` repeats one.
@Suite("Model", .timeLimit(.minutes(10)))
struct ModelTests {
    private static let length = 120

    @Test(arguments: seeds([1, 2, 3]))
    func `a store does what the contract says, whatever happens`(seed: UInt64) async {
        await check(seed, .close)
    }

    @Test(arguments: seeds([11, 12]), [FileImage.Loss.everything, .random])
    func `a store that loses its power has done every operation whole or not at all`(
        seed: UInt64, loss: FileImage.Loss
    ) async {
        await check(seed, .powerCut(loss))
    }

    @Test func `a sequence that fails is cut down to what makes it fail`() async {
        let steps = ModelStep.sequence(seed: 1, count: 60)
        let needed = [steps[20].seed, steps[41].seed]
        let shortest = await shortened(steps, within: .seconds(60)) { candidate in
            Set(needed).isSubset(of: candidate.map(\.seed))
        }

        #expect(shortest.map(\.seed) == needed)
    }

    private func check(_ seed: UInt64, _ crash: ModelDisk.Crash) async {
        let steps = ModelStep.sequence(seed: seed, count: Self.length)
        let (_, problem) = await ModelRun.run(steps, crash)
        guard let problem else { return }
        let shortest = await shortened(steps, within: .seconds(60)) { await ModelRun.run($0, crash).1 != nil }
        let (last, why) = await ModelRun.run(shortest, crash)
        Issue.record(
            """
            seed \(seed), \(crash): \(problem)
            shortened to \(shortest.count) operations: \(why.map { "\($0)" } ?? "which do not fail every time")
            \(last?.trace.joined(separator: "\n") ?? "")
            """)
    }

    private static func seeds(_ fixed: [UInt64]) -> [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["THUMBWIRE_MODEL_SEED"].flatMap(UInt64.init) { return [seed] }
        let more = environment["THUMBWIRE_MODEL_RUNS"].flatMap { Int($0) } ?? 0
        return fixed + (0..<more).map { _ in UInt64.random(in: 100..<1_000_000_000) }
    }
}
