import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

struct PaceTests {
    private let now = Timestamp.noon

    @Test(arguments: [0.5, 1, 4, 40, 1_000])
    func `a bucket lets its rate through, and a few at once`(_ rate: Double) {
        var bucket = TokenBucket(rate: rate, now: now)
        var taken = 0
        var moment = now
        while moment < now + .seconds(20) {
            if let next = bucket.next(at: moment) {
                moment = next
            } else {
                bucket.take(at: moment)
                taken += 1
            }
        }

        let burst = max(1, rate / 4)
        #expect(Double(taken) >= 20 * rate * 0.99)
        #expect(Double(taken) <= 20 * rate + burst + 1)
    }

    @Test func `a pause saves up no more than the burst`() {
        var bucket = TokenBucket(rate: 8, now: now)
        bucket.take(at: now)
        let later = now + .seconds(86_400)
        var taken = 0
        while bucket.next(at: later) == nil {
            bucket.take(at: later)
            taken += 1
        }

        #expect(taken == 2)
    }

    @Test func `a clock that is set back goes on`() {
        let wall = ManualClock()
        let clock = SteadyClock(wall)
        wall.advance(by: .seconds(10))
        #expect(clock.now() == .noon + .seconds(10))

        wall.advance(by: .seconds(-86_400))
        #expect(clock.now() == .noon + .seconds(10))
        wall.advance(by: .seconds(5))
        #expect(clock.now() == .noon + .seconds(15))
        wall.advance(by: .seconds(86_400))
        #expect(clock.now() == .noon + .seconds(86_415))
    }

    @Test func `a sleep ends although the clock is set back meanwhile`() async throws {
        let wall = ManualClock()
        let clock = SteadyClock(wall)
        async let slept: Void = clock.sleep(until: clock.now() + .milliseconds(50))
        wall.advance(by: .seconds(-86_400))

        try await slept
    }

    @Test func `leases that end say when to claim`() {
        var claims = ClaimSchedule()
        #expect(claims.isNow)
        claims.begin(now)
        #expect(claims.moment == nil)

        claims.lease(until: now + .milliseconds(60_200))
        claims.lease(until: now + .milliseconds(60_900))
        claims.lease(until: now + .seconds(90))
        #expect(claims.moment == now + .seconds(61))
        #expect(!claims.isReached(now + .seconds(60)))
        #expect(claims.isReached(now + .seconds(61)))
        claims.note(now + .seconds(70))
        claims.note(now + .seconds(65))
        claims.begin(now + .seconds(61))
        #expect(claims.moment == now + .seconds(90))
        claims.note(now + .seconds(70))
        #expect(claims.moment == now + .seconds(70))
    }
}
