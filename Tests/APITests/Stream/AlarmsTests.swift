import Persistence
import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct AlarmsTests {
    @Test func `ten thousand alarms are one task that sleeps, and ring in time`() async throws {
        let clock = ManualClock()
        let alarms = Alarms(clock: clock)
        let rung = Mutex<[Int]>([])
        let held = (0..<10_000).map { number in
            alarms.set(at: .noon + .seconds(1 + number % 10)) { rung.withLock { $0.append(number % 10) } }
        }
        for second in 0..<10 {
            await until { clock.sleeperCount == 1 }
            #expect(rung.withLock { $0.count } == 1_000 * second)
            clock.advance(by: .seconds(1))
            await until { rung.withLock { $0.count } == 1_000 * (second + 1) }
            #expect(rung.withLock { $0.last } == second)
        }
        await until { clock.sleeperCount == 0 }
        withExtendedLifetime(held) {}
    }

    @Test func `an earlier alarm does not wait for a later one`() async throws {
        let clock = ManualClock()
        let alarms = Alarms(clock: clock)
        let rung = Mutex<[String]>([])
        let late = alarms.set(at: .noon + .seconds(60)) { rung.withLock { $0.append("late") } }
        await until { clock.sleeperCount == 1 }
        let early = alarms.set(at: .noon + .milliseconds(1)) { rung.withLock { $0.append("early") } }
        // Whichever sleeper begins first, the clock moves past both.
        await until { clock.sleeperCount == 1 }
        clock.advance(by: .milliseconds(100))
        await until { rung.withLock { $0 == ["early"] } }
        clock.advance(by: .seconds(60))
        await until { rung.withLock { $0 == ["early", "late"] } }
        withExtendedLifetime((late, early)) {}
    }

    @Test func `who stops waiting leaves nothing behind`() async throws {
        let clock = ManualClock()
        let alarms = Alarms(clock: clock)
        let rung = Mutex(0)
        do {
            let alarm = alarms.set(at: .noon + .seconds(1)) { rung.withLock { $0 += 1 } }
            await until { clock.sleeperCount == 1 }
            withExtendedLifetime(alarm) {}
        }
        await until { clock.sleeperCount == 0 }
        clock.advance(by: .seconds(2))
        let next = alarms.set(at: .noon + .seconds(3)) { rung.withLock { $0 += 10 } }
        await until { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(1))
        await until { rung.withLock { $0 } == 10 }
        withExtendedLifetime(next) {}
    }

    @Test func `a moment that is over rings at once`() async throws {
        let alarms = Alarms(clock: ManualClock())
        let wakeup = Wakeup()
        let alarm = alarms.set(at: .noon - .seconds(1)) { wakeup.wake() }
        await wakeup.wait()
        withExtendedLifetime(alarm) {}
    }
}
