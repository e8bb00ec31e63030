import Testing
import ThumbwireKit

@testable import Engine

@Suite("Retry policy")
struct RetryPolicyTests {
    let policy = RetryPolicy()

    func failure(_ failureClass: FailureClass, retryAfter: Duration? = nil) -> Failure {
        Failure(failureClass, code: "x", message: "x", retryAfter: retryAfter)
    }

    @Test(arguments: [
        FailureClass.invalidInput, .contentRejected, .outOfFunds, .misconfigured, .outcomeUnknown,
    ])
    func `what cannot heal is never tried again`(failureClass: FailureClass) {
        #expect(policy.delay(afterAttempt: 1, failure: failure(failureClass), random: 0.5) == nil)
    }

    @Test func `waits double up to the ceiling, with full jitter`() {
        #expect(
            policy.delay(afterAttempt: 1, failure: failure(.unavailable), random: 0.5) == .milliseconds(500))
        #expect(policy.delay(afterAttempt: 3, failure: failure(.unavailable), random: 0.5) == .seconds(2))
        #expect(policy.delay(afterAttempt: 1, failure: failure(.unavailable), random: 0) == .zero)
    }

    @Test func `the fourth failure is the last`() {
        #expect(policy.delay(afterAttempt: 4, failure: failure(.timeout), random: 0.5) == nil)
    }

    @Test func `a wait that the other side asks for burns no attempt`() {
        let limited = failure(.rateLimited, retryAfter: .seconds(90))

        #expect(policy.delay(afterAttempt: 9, failure: limited, random: 0.5) == .seconds(90))
    }
}

@Suite("Conditions")
struct ConditionTests {
    static let scope: JSONValue = [
        "job": ["title": "A", "variants": 0, "empty": "", "tags": ["a"], "none": []], "template": nil,
    ]

    @Test(arguments: [
        ("job.title", true), ("!job.title", false), ("job.variants", false), ("job.empty", false),
        ("job.tags", true), ("job.none", false), ("job.missing", false), ("template.overlay", false),
        ("!template.overlay", true),
    ])
    func `a path holds when it says something`(text: String, holds: Bool) throws {
        #expect(try Condition(text).isMet(in: Self.scope) == holds)
    }

    @Test(arguments: ["", "job", "job.", ".title", "job.title == 1", "other.title", "!!", "job title.x"])
    func `anything but a path is refused`(text: String) {
        #expect(throws: ConditionError.self) { try Condition(text) }
    }
}

@Suite("Job states")
struct JobStateTests {
    @Test func `terminal states are final`() {
        for state in JobState.allCases where state.isTerminal {
            #expect(JobState.allCases.allSatisfy { !state.canBecome($0) })
        }
    }

    @Test func `every other state can fail and be cancelled`() {
        for state in JobState.allCases where !state.isTerminal {
            #expect(state.canBecome(.failed) && state.canBecome(.cancelled))
        }
    }

    @Test func `nothing completes before it was generated`() {
        #expect(!JobState.queued.canBecome(.completed))
        #expect(!JobState.waiting.canBecome(.completed))
    }
}
