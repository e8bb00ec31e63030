import Foundation
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// `concurrency` of an entry of `plugins.json`.
@Suite("Concurrency", .timeLimit(.minutes(10)))
struct ConcurrencyTests {
    private static let chain = EngineHarness.plainChain.replacingOccurrences(
        of: "\"plugin\": \"scripted\",", with: "\"plugin\": \"scripted\", \"concurrency\": 2,")

    @Test func `a provider gets no more orders at a time, and those who wait hold no worker`() async throws {
        try await EngineHarness.run(chain: Self.chain) { harness in
            let release = Gate()
            let working = Mutex((now: 0, most: 0))
            for _ in 1...5 {
                harness.script.onCreate { _ in
                    working.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                    await release.wait()
                    working.withLock { $0.now -= 1 }
                    return Script.picture
                }
            }
            var jobs: [JobID] = []
            for _ in 1...5 { jobs.append(try await harness.submit().id) }

            // Two are at the provider; three rest, which takes them out of this process's hands.
            try await harness.wait {
                let query = JobQuery(account: harness.account.id, states: [.waiting])
                return try await harness.store.jobs(query).items.count == 3
            }
            try await harness.wait { harness.engine.heldJobs.count == 2 && working.withLock { $0.now } == 2 }

            release.open()
            for id in jobs { #expect(try await harness.endedInTime(id).state == .completed) }
            #expect(working.withLock { $0.most } == 2)
        }
    }

    @Test func `the file's figure holds for those who pinned the provider before, within the plugin's own`()
        throws
    {
        let registry = try Registry(document: JSONValue(parsing: Self.chain), catalog: .testing) { _ in nil }
        let pinned = try #require(try registry.chain(named: nil, face: .native).providers.first)
        let provider = try registry.provider(for: pinned)

        #expect(registry.pacing(of: provider, for: pinned)?.concurrentCreates == 2)
        #expect(registry.pacing(of: provider, for: pinned)?.key == "provider main")
        var gone = pinned
        gone.id = "gone"
        #expect(registry.pacing(of: provider, for: gone) == nil)
    }

    @Test(arguments: ["0", "\"2\"", "10001", "1.5"])
    func `a figure that is none is a mistake in the file`(value: String) throws {
        let text = Self.chain.replacingOccurrences(
            of: "\"concurrency\": 2", with: "\"concurrency\": \(value)")
        let problems = #expect(throws: ConfigurationProblems.self) {
            try Registry(document: JSONValue(parsing: text), catalog: .testing) { _ in nil }
        }

        #expect(problems?.problems.map(\.path) == ["providers.main.concurrency"])
    }
}
