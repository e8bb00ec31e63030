import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// One row for each rule: what the steps so far lead to.
@Suite("What the provider step does next")
struct NextTryTests {
    typealias Policy = PinnedChain.ProviderPolicy

    struct Row: Sendable, CustomTestStringConvertible {
        var rule: String
        var steps: [Step]
        var policy = Policy()
        var expected: String

        var testDescription: String { rule }
    }

    static func step(
        _ id: String, _ status: Step.Status, attempt: Int = 1, _ failureClass: FailureClass? = nil,
        code: String = "x", retryAfter: Duration? = nil, at seconds: Int = 0
    ) -> Step {
        var step = Step.make(id: id, attempt: attempt, status: status)
        step.plugin = id == "free" ? "free" : "billed"
        step.startedAt = .noon + .seconds(seconds)
        step.finishedAt = step.startedAt
        step.ticket = status == .pending ? "t" : nil
        step.failure = failureClass.map {
            Failure($0, code: code, message: "m", retryAfter: retryAfter)
        }
        return step
    }

    static let resubmitting = Policy(onUnknown: .resubmit)
    static let hedging = Policy(hedge: .seconds(20))

    static let rows: [Row] = [
        Row(rule: "nothing done: the first is ordered", steps: [], expected: "create a 1"),
        Row(rule: "pictures are used", steps: [step("a", .succeeded)], expected: "take a"),
        Row(
            rule: "pictures win over open work", steps: [step("a", .pending), step("b", .succeeded)],
            expected: "take b"),
        Row(
            rule: "of two results the faster is used",
            steps: [step("a", .succeeded, at: 9), step("b", .succeeded, at: 3)], expected: "take b"),
        Row(rule: "a ticket is asked about", steps: [step("a", .pending)], expected: "poll a"),
        Row(
            rule: "a ticket anywhere keeps from ordering elsewhere",
            steps: [step("a", .failed, .unavailable), step("b", .pending)], expected: "poll b"),
        Row(rule: "a passed-over candidate stays so", steps: [step("a", .skipped)], expected: "create b 1"),
        Row(
            rule: "what can heal is tried again", steps: [step("a", .failed, .unavailable)],
            expected: "create a 2"),
        Row(
            rule: "work that ended without a picture is not ordered there again",
            steps: [step("a", .failed, .unavailable, code: "provider_failed")], expected: "create b 1"),
        Row(
            rule: "the last try leads to the next", steps: [step("a", .failed, attempt: 4, .unavailable)],
            expected: "create b 1"),
        Row(
            rule: "a wait within the deadline burns no attempt",
            steps: [step("a", .failed, attempt: 4, .rateLimited, retryAfter: .seconds(50))],
            expected: "create a 4"),
        Row(
            rule: "a wait beyond the deadline leads to the next",
            steps: [step("a", .failed, .rateLimited, retryAfter: .seconds(5_000))], expected: "create b 1"),
        Row(
            rule: "no money leads to the next", steps: [step("a", .failed, .outOfFunds)],
            expected: "create b 1"),
        Row(
            rule: "wrong settings lead to the next", steps: [step("a", .failed, .misconfigured)],
            expected: "create b 1"),
        Row(
            rule: "refused content stays with the client", steps: [step("a", .failed, .contentRejected)],
            expected: "fail content_rejected"),
        Row(
            rule: "unless the chain lists it", steps: [step("a", .failed, .contentRejected)],
            policy: Policy(failoverOn: Policy.standardFailover.union([.contentRejected])),
            expected: "create b 1"),
        Row(
            rule: "bad input stays with the client", steps: [step("a", .failed, .invalidInput)],
            expected: "fail invalid_input"),
        Row(
            rule: "an unknown outcome ends the job", steps: [step("a", .failed, .outcomeUnknown)],
            expected: "fail outcome_unknown"),
        Row(
            rule: "unless the chain orders again", steps: [step("a", .failed, .outcomeUnknown)],
            policy: resubmitting, expected: "create a 2"),
        Row(
            rule: "but not for ever", steps: [step("a", .failed, attempt: 4, .outcomeUnknown)],
            policy: resubmitting, expected: "fail outcome_unknown"),
        Row(
            rule: "an intent without an answer is unknown", steps: [step("a", .started)],
            expected: "fail outcome_unknown"),
        Row(
            rule: "unless it was free",
            steps: [step("a", .skipped), step("b", .skipped), step("free", .started)],
            expected: "create free 1"),
        Row(
            rule: "the last candidate's failure is the job's",
            steps: [
                step("a", .failed, .outOfFunds), step("b", .failed, .outOfFunds),
                step("free", .failed, attempt: 4, .internal),
            ], expected: "fail internal"),
        Row(
            rule: "before its time nobody else is asked", steps: [step("a", .pending, at: 41)],
            policy: hedging, expected: "poll a"),
        Row(
            rule: "a hedge asks the second", steps: [step("a", .pending, at: 30)], policy: hedging,
            expected: "create b 1"),
        Row(
            rule: "and no third", steps: [step("a", .pending), step("b", .pending)], policy: hedging,
            expected: "poll a b"),
    ]

    @Test(arguments: rows)
    func `the steps decide`(row: Row) {
        let uses = ["a", "b", "free"].map { id in
            PinnedChain.Use(
                id: id, plugin: id == "free" ? "free" : "billed", major: 1, configuration: [:],
                timeout: .seconds(30))
        }
        let pin = PinnedChain(name: "default", providers: uses, steps: [], policy: row.policy)
        let rules = ProviderRules(pin: pin, deadline: .noon + .seconds(600)) { $0 == "billed" }

        #expect(describe(rules.next(after: row.steps, now: .noon + .seconds(60))) == row.expected)
    }

    @Test func `only a failure before it makes a provider a fallback`() {
        let uses = ["a", "b"].map { id in
            PinnedChain.Use(id: id, plugin: "billed", major: 1, configuration: [:], timeout: .seconds(30))
        }
        let rules = ProviderRules(
            pin: PinnedChain(name: "x", providers: uses, steps: []), deadline: .noon
        ) { _ in true }

        let failed = rules.fallback(to: "b", after: [Self.step("a", .failed, .unavailable)])
        let unsuitable = rules.fallback(
            to: "b", after: [Self.step("a", .skipped, .invalidInput, code: "provider_unsuitable")])
        let paused = rules.fallback(
            to: "b", after: [Self.step("a", .skipped, .unavailable, code: "provider_paused")])

        #expect(failed == Job.Fallback(from: "a", reason: "x"))
        #expect(unsuitable == nil)
        #expect(paused == Job.Fallback(from: "a", reason: "provider_paused"))
        #expect(rules.fallback(to: "a", after: [Self.step("b", .failed, .unavailable)]) == nil)
    }

    private func describe(_ next: NextTry) -> String {
        switch next {
        case .take(let step): "take \(step.id)"
        case .create(let use, let attempt): "create \(use.id) \(attempt)"
        case .poll(let steps): "poll \(steps.map(\.id).joined(separator: " "))"
        case .fail(let failure): "fail \(failure.failureClass.rawValue)"
        }
    }
}
