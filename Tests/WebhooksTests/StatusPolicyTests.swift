import Testing
import ThumbwireKit

@testable import Webhooks

struct StatusPolicyTests {
    /// 2026-11-21T12:00:00Z, a Saturday.
    private let now = Timestamp(microseconds: 1_795_262_400_000_000)

    private func verdict(_ status: Int, _ retryAfter: String? = nil) -> StatusPolicy.Verdict {
        StatusPolicy.verdict(status: status, retryAfter: retryAfter, now: now)
    }

    @Test func `every 2xx is delivered`() {
        for status in 200...299 {
            #expect(verdict(status) == .delivered)
        }
    }

    @Test func `410 alone ends a delivery`() {
        for status in Array(100...199) + Array(300...599) {
            #expect(verdict(status) == (status == 410 ? .exhausted : .retry(notBefore: nil)))
        }
        #expect(verdict(410, "5") == .exhausted)
    }

    @Test(arguments: [429, 503, 502, 409, 307, 500])
    func `Retry-After counts for every failure`(_ status: Int) {
        #expect(verdict(status, "120") == .retry(notBefore: now + .seconds(120)))
        #expect(verdict(status, " 120\t") == .retry(notBefore: now + .seconds(120)))
    }

    @Test(arguments: [
        "Sat, 21 Nov 2026 12:05:00 GMT", "Saturday, 21-Nov-26 12:05:00 GMT", "Sat Nov 21 12:05:00 2026",
    ])
    func `Retry-After may be any HTTP date`(_ date: String) {
        #expect(verdict(503, date) == .retry(notBefore: now + .seconds(300)))
    }

    @Test(arguments: ["86401", "99999999999999999999999", "Sun, 21 Nov 2027 12:05:00 GMT"])
    func `Retry-After is capped at a day`(_ value: String) {
        #expect(verdict(503, value) == .retry(notBefore: now + .seconds(86_400)))
    }

    @Test(arguments: [
        "", "0", "-1", "1.5", "soon", "Sat, 21 Nov 2026 11:59:00 GMT", "Sat, 21 Nov 2026 12:05:00 CET",
        "Sat, 32 Nov 2026 12:05:00 GMT", "Sat, 21 Foo 2026 12:05:00 GMT", "Sat, 21 Nov 2026 24:05:00 GMT",
        "Sat, 21 Nov 2026 12:05 GMT", "٣",
    ])
    func `Retry-After that is past or unreadable is ignored`(_ value: String) {
        #expect(verdict(503, value) == .retry(notBefore: nil))
    }
}
