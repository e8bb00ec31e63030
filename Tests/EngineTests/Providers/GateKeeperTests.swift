import Documents
import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

struct GateKeeperTests {
    /// What a store would keep; an account named `admin` has the admin key.
    private final class Memory: Sendable {
        struct State {
            var pauses: [String: ProviderPause] = [:]
            var events: [Event] = []
            var refusals = 0
        }

        let state = Mutex(State())
        let admins: [AccountID] = [.init(rawValue: "acct_admin"), .init(rawValue: "acct_boss")]

        var events: [Event] { state.withLock { $0.events } }

        func records() -> GateKeeper.Records {
            GateKeeper.Records(
                pauses: { Array(self.state.withLock { $0.pauses }.values) },
                pause: { pause in self.state.withLock { $0.pauses[pause.provider] = pause } },
                resume: { name in self.state.withLock { $0.pauses[name] = nil } },
                administrators: { _ in self.admins },
                emit: { events in
                    let isRefused = self.state.withLock { state in
                        state.refusals -= 1
                        if state.refusals < 0 { state.events += events }
                        return state.refusals >= 0
                    }
                    if isRefused { throw StoreError.closed }
                })
        }
    }

    private let memory = Memory()
    private let gates = ProviderGates(random: { 0.5 })
    private let clock = ManualClock()
    private let use = PinnedChain.Use(
        id: "opus", plugin: "opus", major: 1, configuration: [:], timeout: .seconds(60))
    private let down = Failure(.unavailable, code: "provider_unavailable", message: "503")

    private func keeper() -> GateKeeper {
        GateKeeper(
            records: memory.records(), gates: gates,
            encoder: EventEncoder(document: JobDocument(publicURL: "http://test")), clock: clock,
            log: .silent)
    }

    private func fail(_ times: Int) {
        for _ in 0..<times {
            gates.ended(.create, of: use, pacing: nil, failure: down, now: clock.now())
        }
    }

    private func probe(_ failure: Failure?) {
        guard gates.admit(.create, to: use, pacing: nil, now: clock.now()).isGo else {
            Issue.record("no probe was let through")
            return
        }
        gates.ended(.create, of: use, pacing: nil, failure: failure, now: clock.now())
    }

    private func wait(until isTrue: () -> Bool) async throws {
        while !isTrue() { try await Task.sleep(for: .milliseconds(2)) }
    }

    private func withKeeper(_ body: (GateKeeper) async throws -> Void) async throws {
        let keeper = keeper()
        let work = Task { await keeper.run() }
        defer { work.cancel() }
        try await body(keeper)
        work.cancel()
        await work.value
    }

    @Test(.timeLimit(.minutes(10)))
    func `tells every administrator once when a provider goes and once when it is back`() async throws {
        try await withKeeper { _ in
            fail(5)
            try await wait { memory.events.count == 2 }
            clock.advance(by: .seconds(15))
            probe(down)
            clock.advance(by: .seconds(30))
            probe(nil)
            try await wait { memory.events.count == 4 }

            #expect(
                memory.events.map(\.type) == [
                    .providerDegraded, .providerDegraded, .providerRecovered, .providerRecovered,
                ])
            #expect(Set(memory.events.map(\.account)) == Set(memory.admins))
            #expect(memory.events.allSatisfy { $0.job == nil && $0.sequence == 1 })
            let degraded = try JSONValue(parsing: memory.events[0].body)
            #expect(degraded["data"]?["provider"] == "opus")
            #expect(degraded["data"]?["reason"]?["message"] == "503")
            #expect(degraded["data"]?["until"] == "2026-11-21T12:00:15.000Z")
            let recovered = try JSONValue(parsing: memory.events[3].body)
            #expect(recovered["data"]?["degradedAt"] == "2026-11-21T12:00:00.000Z")
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `ends a pause when its time is over, and says both`() async throws {
        try await withKeeper { keeper in
            try await keeper.pause("opus", until: clock.now() + .seconds(60), reason: "upkeep")
            try await wait { memory.events.count == 2 && clock.sleeperCount == 1 }
            #expect(memory.state.withLock { $0.pauses["opus"]?.reason } == "upkeep")
            clock.advance(by: .seconds(60))
            try await wait { memory.events.count == 4 }

            #expect(memory.state.withLock { $0.pauses.isEmpty })
            #expect(memory.events.last?.type == .providerRecovered)
            #expect(gates.nextPauseEnd == nil)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `tells again what the store did not take`() async throws {
        memory.state.withLock { $0.refusals = 1 }
        try await withKeeper { _ in
            fail(5)
            try await wait {
                if clock.sleeperCount == 1 { clock.advance(by: .seconds(5)) }
                return gates.untold.isEmpty
            }

            #expect(memory.events.count == 2)
            #expect(memory.state.withLock { $0.refusals } == -1)
        }
    }

    @Test func `keeps a pause through a restart, and does not tell it again`() async throws {
        let pause = ProviderPause(provider: "opus", until: nil, reason: "upkeep", at: .noon)
        memory.state.withLock { $0.pauses["opus"] = pause }

        await keeper().loadPauses()

        #expect(gates.admit(.create, to: use, pacing: nil, now: .noon).failure?.code == "provider_paused")
        #expect(gates.untold.isEmpty)
        gates.resume("opus", now: .noon + .seconds(5))
        #expect(
            gates.untold == [
                ProviderChange(
                    provider: "opus", kind: .recovered(degradedAt: .noon), at: .noon + .seconds(5))
            ])
    }

    @Test func `does not call a provider well that is resumed with an open circuit`() {
        fail(5)
        gates.pause(ProviderPause(provider: "opus", until: nil, reason: "x", at: .noon), now: .noon)
        gates.resume("opus", now: .noon)
        #expect(gates.untold.count == 1)

        probe(nil)

        #expect(gates.untold.count == 2)
    }
}
