import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import ThumbwireService

@Suite("Shared look-ups", .timeLimit(.minutes(10)))
struct SharedLookupsTests {
    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    private let clock = ManualClock()
    private let calls = Counter()

    private func lookups(limit: Int = 4) -> SharedLookups<String, Int> {
        SharedLookups(limit: limit, clock: clock) { $0 < 0 ? .seconds(1) : .seconds(600) }
    }

    @Test func `an answer is kept as long as it lives`() async {
        let lookups = lookups()
        for value in [7, 8] {
            #expect(await lookups.value(for: "a") { value } == 7)
        }
        clock.advance(by: .seconds(600))
        #expect(await lookups.value(for: "a") { -1 } == -1)
        clock.advance(by: .seconds(1))
        #expect(await lookups.value(for: "a") { 9 } == 9)
    }

    @Test func `no more answers are kept than fit, and the oldest goes first`() async {
        let lookups = lookups(limit: 2)
        for key in ["a", "b", "c"] {
            _ = await lookups.value(for: key) { 1 }
            clock.advance(by: .seconds(1))
        }
        for (key, kept) in [("b", 1), ("c", 1), ("a", 2)] {
            #expect(await lookups.value(for: key) { 2 } == kept, "\(key)")
        }
    }

    @Test func `who asks at the same time shares one look-up, and one who leaves takes nobody along`() async {
        let lookups = lookups()
        let gate = Barrier()
        let calls = calls
        let ask = { @Sendable in
            await lookups.value(for: "a") {
                calls.add()
                await gate.wait()
                return Task.isCancelled ? 0 : 5
            }
        }
        let first = Task { await ask() }
        while calls.value == 0 { await Task.yield() }
        let others = (0..<5).map { _ in Task { await ask() } }
        while lookups.waiterCount < 6 { await Task.yield() }
        first.cancel()
        #expect(await first.value == nil)
        gate.open()

        for other in others { #expect(await other.value == 5) }
        #expect(calls.value == 1)
    }

    @Test func `a look-up that everybody left is cancelled and forgotten`() async {
        let lookups = lookups()
        let (started, ended) = (Barrier(), Barrier())
        let asking = Task {
            await lookups.value(for: "a") {
                started.open()
                try? await Task.sleep(for: .seconds(3_600))
                ended.open()
                return 1
            }
        }
        await started.wait()
        asking.cancel()

        #expect(await asking.value == nil)
        await ended.wait()
        #expect(await lookups.value(for: "a") { 2 } == 2)
    }

    @Test func `a cancelled task gets no answer`() async {
        let lookups = lookups()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await lookups.value(for: "a") { 1 }
        }
        task.cancel()
        #expect(await task.value == nil)
    }
}

/// Opens once, for all who wait.
final class Barrier: Sendable {
    private let isOpen = Mutex(false)

    func open() {
        isOpen.withLock { $0 = true }
    }

    func wait() async {
        while !isOpen.withLock({ $0 }) {
            if Task.isCancelled { return }
            await Task.yield()
        }
    }
}
