import Testing
import ThumbwireKit

@testable import Webhooks

struct StatusPolicyTests {
    /// 2026-11-21T12:00:00Z, a Saturday.
    private let now = Timestamp(microseconds: 1_795_262_400_000_000)

    private func finding(
        _ status: Int, _ retryAfter: String? = nil, instruction: String? = nil
    ) -> Finding {
        StatusPolicy.finding(
            of: StatusPolicy.Answer(status: status, retryAfter: retryAfter, instruction: instruction),
            now: now)
    }

    private func wait(_ status: Int, _ retryAfter: String) -> Duration? {
        guard case .retry(let wait) = finding(status, retryAfter).verdict else { return nil }
        return wait
    }

    @Test func `every 2xx is delivered`() {
        for status in 200...299 {
            #expect(finding(status, "60") == Finding(verdict: .delivered, evidence: .works))
        }
    }

    @Test func `410 alone ends a delivery, and disables`() {
        for status in Array(100...199) + Array(300...599) {
            let found = finding(status)
            #expect(found.verdict == (status == 410 ? .exhausted : .retry(notWithin: nil)))
            #expect((found.disabledReason != nil) == (status == 410))
        }
        #expect(finding(410, "5").verdict == .exhausted)
    }

    @Test(arguments: [400, 409, 413, 422, 423, 425])
    func `some failures speak of the message`(_ status: Int) {
        #expect(finding(status).evidence == .refusesMessage)
    }

    @Test(arguments: [101, 301, 401, 403, 404, 405, 408, 410, 429, 451, 500, 502, 503, 504, 599])
    func `the others speak against the receiver`(_ status: Int) {
        #expect(finding(status).evidence == .fails)
    }

    @Test func `what fails on our side speaks of nobody`() {
        for code in ["secret_unreadable", "invalid_request", "out_of_resources"] {
            #expect(StatusPolicy.finding(ofError: code).evidence == .nothing)
        }
        for code in ["timeout", "connect_failed", "dns_failure", "blocked_address", "protocol_error"] {
            #expect(StatusPolicy.finding(ofError: code).evidence == .fails)
            #expect(StatusPolicy.finding(ofError: code).verdict == .retry(notWithin: nil))
        }
    }

    @Test func `Retry-After of 429 and 503 is for the whole endpoint`() {
        for status in [429, 503] { #expect(finding(status, "120").rest == .seconds(120)) }
        for status in [409, 500, 502, 307, 200] { #expect(finding(status, "120").rest == nil) }
    }

    @Test(arguments: [429, 503, 502, 409, 307, 500])
    func `Retry-After counts for every failed delivery`(_ status: Int) {
        #expect(wait(status, "120") == .seconds(120))
        #expect(wait(status, " 120\t") == .seconds(120))
    }

    @Test(arguments: [
        "Sat, 21 Nov 2026 12:05:00 GMT", "Saturday, 21-Nov-26 12:05:00 GMT", "Sat Nov 21 12:05:00 2026",
    ])
    func `Retry-After may be any HTTP date`(_ date: String) {
        #expect(wait(503, date) == .seconds(300))
    }

    @Test(arguments: ["86401", "99999999999999999999999", "Sun, 21 Nov 2027 12:05:00 GMT"])
    func `Retry-After is capped at a day`(_ value: String) {
        #expect(wait(503, value) == .seconds(86_400))
    }

    @Test(arguments: [
        "", "0", "-1", "1.5", "soon", "Sat, 21 Nov 2026 11:59:00 GMT", "Sat, 21 Nov 2026 12:05:00 CET",
        "Sat, 32 Nov 2026 12:05:00 GMT", "Sat, 21 Foo 2026 12:05:00 GMT", "Sat, 21 Nov 2026 24:05:00 GMT",
        "Sat, 21 Nov 2026 12:05 GMT", "٣",
    ])
    func `Retry-After that is past or unreadable is ignored`(_ value: String) {
        #expect(finding(503, value).verdict == .retry(notWithin: nil))
        #expect(finding(503, value).rest == nil)
    }

    @Test func `a receiver may end a delivery, or all of them`() {
        let aborted = finding(500, instruction: "abort-message")
        #expect(aborted.verdict == .exhausted)
        #expect(aborted.disabledReason == nil)
        #expect(finding(409, "5", instruction: " Abort-Message ").verdict == .exhausted)

        let disabled = finding(403, instruction: "disable")
        #expect(disabled.verdict == .exhausted)
        #expect(disabled.disabledReason != nil)

        let thanked = finding(200, instruction: "disable, abort-message")
        #expect(thanked.verdict == .delivered)
        #expect(thanked.disabledReason != nil)
        #expect(finding(500, instruction: "whatever").verdict == .retry(notWithin: nil))
    }
}
