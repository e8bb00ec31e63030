import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

struct ProgressThrottleTests {
    private let clock = ManualClock()

    @Test(.timeLimit(.minutes(10)))
    func `gives the newest percent once a second, in the provider's part`() async {
        let throttle = ProgressThrottle(clock: clock)
        throttle.report(0.1)
        throttle.report(0.5)
        clock.advance(by: .seconds(1))
        #expect(await throttle.next() == 27)
        throttle.report(0.6)
        throttle.report(0.8)
        async let next = throttle.next()
        while clock.sleeperCount == 0 { await Task.yield() }
        throttle.report(1)
        clock.advance(by: .seconds(1))

        #expect(await next == 50)
    }

    @Test(.timeLimit(.minutes(10)))
    func `never goes back, and takes no nonsense`() async {
        let throttle = ProgressThrottle(clock: clock, written: 20)
        clock.advance(by: .seconds(1))
        for progress in [0.1, -3, .nan, .infinity, -.infinity] { throttle.report(progress) }
        throttle.report(7)

        #expect(await throttle.next() == 50)
    }

    @Test(.timeLimit(.minutes(10)))
    func `ends at once when the answer is there, whatever was reported`() async {
        let throttle = ProgressThrottle(clock: clock)
        throttle.report(0.5)
        async let next = throttle.next()
        while clock.sleeperCount == 0 { await Task.yield() }

        throttle.finish()

        #expect(await next == nil)
        #expect(await throttle.next() == nil)
    }

    @Test(.timeLimit(.minutes(10)))
    func `ends when its task is cancelled`() async {
        let throttle = ProgressThrottle(clock: clock)
        let waiting = Task { await throttle.next() }

        waiting.cancel()

        #expect(await waiting.value == nil)
    }
}
