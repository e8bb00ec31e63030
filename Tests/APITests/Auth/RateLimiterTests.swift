import TestSupport
import Testing
import ThumbwireKit

@testable import API

struct RateLimiterTests {
    private let limiter = RateLimiter()
    private let account = AccountID.make("acct_")

    @Test func `counts down to the limit and begins anew after a minute`() throws {
        let key = APIKey.make(account: account, requestsPerMinute: 2)

        let first = try limiter.admit(key, now: .noon)
        let second = try limiter.admit(key, now: .noon + .seconds(10))
        let refusal = #expect(throws: RateExceeded.self) {
            try limiter.admit(key, now: .noon + .milliseconds(59_500))
        }
        let third = try limiter.admit(key, now: .noon + .seconds(60))

        #expect(first == RateStanding(limit: 2, remaining: 1, resetAt: .noon + .seconds(60)))
        #expect(second == RateStanding(limit: 2, remaining: 0, resetAt: .noon + .seconds(60)))
        #expect(refusal?.standing == second)
        #expect(refusal?.retryAfter == .milliseconds(500))
        #expect(third == RateStanding(limit: 2, remaining: 1, resetAt: .noon + .seconds(120)))
    }

    @Test func `a key without limit is never counted`() throws {
        let key = APIKey.make(account: account)

        #expect(try limiter.admit(key, now: .noon) == nil)
        #expect(limiter.standing(of: key, now: .noon) == nil)
        #expect(limiter.count == 0)
    }

    @Test func `looking counts nothing`() throws {
        let key = APIKey.make(account: account, requestsPerMinute: 5)
        try limiter.admit(key, now: .noon)

        for _ in 0..<9 { _ = limiter.standing(of: key, now: .noon) }

        #expect(limiter.standing(of: key, now: .noon)?.remaining == 4)
    }

    @Test func `a clock that is set back locks nobody out`() throws {
        let key = APIKey.make(account: account, requestsPerMinute: 1)
        try limiter.admit(key, now: .noon + .seconds(3_600))

        let standing = try limiter.admit(key, now: .noon)

        #expect(standing?.resetAt == .noon + .seconds(60))
    }

    @Test func `memory stays within its bound`() throws {
        for number in 0..<RateLimiter.maximumWindows + 5 {
            let key = APIKey.make(account: account, requestsPerMinute: 1)
            try limiter.admit(key, now: .noon + .microseconds(number))
        }
        #expect(limiter.count == RateLimiter.maximumWindows)

        try limiter.admit(.make(account: account, requestsPerMinute: 1), now: .noon + .seconds(120))

        #expect(limiter.count == 1)
    }
}
