import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

struct CircuitBreakerTests {
    private typealias Change = CircuitBreaker.Change

    /// An endpoint and a time that only the test moves.
    private struct Course {
        var endpoint = Endpoint.make(account: .make("acct_"))
        var now = Timestamp.noon
        var health: Endpoint.Health { endpoint.health }

        @discardableResult
        mutating func take(_ findings: Finding..., random: Double = 0.5) -> [Change] {
            let (reviewed, changes) = CircuitBreaker.review(
                endpoint, findings, cap: 8, now: now, random: random)
            endpoint = reviewed
            return changes
        }

        /// Waits for the end of the rest, and takes in what the attempt after it found.
        @discardableResult
        mutating func probe(_ finding: Finding) -> [Change] {
            if let until = health.restsUntil { now = max(now, until) }
            return take(finding)
        }
    }

    private let works = Finding(verdict: .delivered, evidence: .works)
    private let fails = Finding(verdict: .retry(notWithin: nil), evidence: .fails)
    private let refuses = Finding(verdict: .retry(notWithin: nil), evidence: .refusesMessage)

    @Test func `success leaves everything as it is`() {
        var course = Course()
        let before = course.endpoint

        #expect(course.take(works, works).isEmpty)
        #expect(course.endpoint == before)
    }

    @Test func `fewer and fewer attempts are made while strikes add up, and then none`() {
        var course = Course()
        var limits: [Int?] = []
        for _ in 1...4 {
            course.take(fails)
            limits.append(course.health.claimLimit)
            #expect(course.health.restsUntil == nil)
        }

        let changes = course.take(fails)

        #expect(limits == [nil, 2, 1, 1])
        #expect(changes == [.rests(until: .noon + .seconds(30))])
        #expect(course.health.claimLimit == 1)
        #expect(course.health.failures == 5)
        #expect(course.health.failingSince == .noon)
    }

    @Test func `rests double up to five minutes`() {
        var course = Course()
        for _ in 1...4 { course.take(fails) }
        var rests: [Duration] = []
        for _ in 1...6 {
            course.probe(fails)
            if let until = course.health.restsUntil { rests.append(until - course.now) }
        }

        #expect(rests == [30, 60, 120, 240, 300, 300].map { .seconds($0) })
    }

    @Test(arguments: [0, 0.25, 0.999_999])
    func `rests move by a fifth at most`(_ random: Double) throws {
        var course = Course()
        for _ in 1...4 { course.take(fails) }
        course.take(fails, random: random)

        let rest = try #require(course.health.restsUntil) - course.now
        #expect(rest >= .seconds(24))
        #expect(rest <= .seconds(36))
    }

    @Test func `a whole cap of attempts that fail together opens it as one`() {
        var course = Course()

        let changes = course.take(fails, fails, fails, fails, fails, fails, fails, fails)

        #expect(changes == [.rests(until: .noon + .seconds(30))])
        course.probe(fails)
        #expect(course.health.restsUntil == course.now + .seconds(60))
    }

    @Test func `what ends during a rest began before it`() {
        var course = Course()
        for _ in 1...5 { course.take(fails) }
        course.now = course.now + .seconds(10)

        #expect(course.take(fails, fails).isEmpty)
        #expect(course.take(works).isEmpty)
        #expect(course.health.restsUntil == .noon + .seconds(30))
        #expect(course.health.claimLimit == 1)
    }

    @Test func `success after a rest closes it gently`() {
        var course = Course()
        for _ in 1...5 { course.take(fails) }

        #expect(course.probe(works) == [.answers])
        var limits = [course.health.claimLimit]
        for _ in 1...6 {
            course.take(works)
            limits.append(course.health.claimLimit)
        }

        #expect(limits == [2, 3, 4, 5, 6, 7, nil])
        #expect(course.health == Endpoint.Health())
    }

    @Test func `one message that is refused silences nobody`() {
        var course = Course()
        for _ in 1...100 { course.take(refuses) }

        #expect(course.health.restsUntil == nil)
        #expect(course.health.claimLimit == nil)
        #expect(course.health.failures == 100)
        course.take(fails, fails, fails, fails, refuses, fails, fails, fails, fails)
        #expect(course.health.restsUntil == nil)
    }

    @Test func `a refused message answers the question after a rest`() {
        var course = Course()
        for _ in 1...5 { course.take(fails) }

        #expect(course.probe(refuses) == [.answers])
        #expect(course.health.claimLimit == 2)
        #expect(course.health.failures == 6)
    }

    @Test func `a rest that is asked for is kept in full`() {
        var course = Course()
        var busy = fails
        busy.rest = .seconds(600)

        #expect(course.take(busy) == [.rests(until: .noon + .seconds(600))])
        #expect(course.health.claimLimit == 1)
        busy.rest = .seconds(60)
        #expect(course.take(busy, works).isEmpty)
        #expect(course.health.restsUntil == .noon + .seconds(600))
        course.probe(works)
        #expect(course.health.restsUntil == nil)
        #expect(course.health.claimLimit == 2)
    }

    @Test func `the longer of both rests counts`() {
        var course = Course()
        for _ in 1...4 { course.take(fails) }
        var busy = fails
        busy.rest = .seconds(7)

        course.take(busy)

        #expect(course.health.restsUntil == .noon + .seconds(30))
    }

    @Test func `others are told once that it fails and once that it is back`() {
        var course = Course()
        var told: [Change] = []
        for _ in 1...40 {
            told += course.take(refuses)
            course.now = course.now + .seconds(20)
        }
        told += course.take(works)
        told += course.take(works)
        told += course.take(refuses, works)

        #expect(told == [.failing, .recovered(failingSince: .noon)])
        #expect(course.health == Endpoint.Health())
    }

    @Test func `few failures, or recent ones, are nothing to tell`() {
        var course = Course()
        course.take(refuses, refuses, refuses)
        course.now = course.now + .seconds(299)
        #expect(course.take(refuses).isEmpty)

        var rare = Course()
        rare.take(refuses)
        rare.now = rare.now + .seconds(3_600)
        #expect(rare.take(refuses).isEmpty)
        #expect(rare.take(refuses) == [.failing])
    }

    @Test func `what has failed for five days is disabled`() {
        var course = Course()
        var changes: [Change] = []
        for _ in 1...20 {
            course.now = course.now + .seconds(6 * 3_600)
            changes += course.take(refuses)
        }
        #expect(course.endpoint.status == .enabled)
        course.now = course.now + .seconds(6 * 3_600)
        changes += course.take(refuses)

        #expect(course.endpoint.status == .disabled)
        #expect(course.endpoint.disabledReason == "it has failed for 5 days")
        #expect(changes == [.failing, .disabled(reason: "it has failed for 5 days")])
    }

    @Test func `a few failures over days disable nothing`() {
        var course = Course()
        for _ in 1...9 {
            course.now = course.now + .seconds(86_400)
            course.take(refuses)
        }

        #expect(course.endpoint.status == .enabled)
    }

    @Test func `who says so is disabled at once, and stays it`() {
        var course = Course()
        var gone = Finding(verdict: .exhausted, evidence: .fails)
        gone.disabledReason = "gone"

        #expect(course.take(works, gone, fails) == [.disabled(reason: "gone")])
        let disabled = course.endpoint
        #expect(course.take(works, gone).isEmpty)
        #expect(course.endpoint == disabled)
    }

    @Test func `what fails on our side changes nothing`() {
        var course = Course()
        let before = course.endpoint

        course.take(Finding(verdict: .retry(notWithin: nil), evidence: .nothing))

        #expect(course.endpoint == before)
    }
}
