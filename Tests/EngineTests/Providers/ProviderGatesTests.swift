import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

struct ProviderGatesTests {
    private let gates = ProviderGates(random: { 0.5 })
    private let use = PinnedChain.Use(
        id: "opus", plugin: "opus", major: 1, configuration: [:], timeout: .seconds(60))
    private let down = Failure(.unavailable, code: "provider_unavailable", message: "503")

    private func admit(
        _ call: ProviderGates.Call = .create, _ pacing: Pacing? = nil, for job: JobID? = nil,
        at now: Timestamp = .noon
    ) -> ProviderGates.Admission {
        gates.admit(call, to: use, pacing: pacing, for: job, now: now)
    }

    private func end(
        _ failure: Failure?, _ call: ProviderGates.Call = .create, _ pacing: Pacing? = nil,
        at now: Timestamp = .noon
    ) {
        gates.ended(call, of: use, pacing: pacing, failure: failure, now: now)
    }

    private func open() {
        for _ in 0..<5 { end(down) }
    }

    @Test func `refuses creates while the circuit is open, and no polls`() {
        open()

        let failure = admit().failure
        #expect(failure?.failureClass == .unavailable)
        #expect(failure?.retryAfter == .seconds(15))
        #expect(failure?.message.contains("503") == true)
        #expect(admit(.poll).isGo)
    }

    @Test func `never says that the outcome of a call that was not made is unknown`() {
        let lost = Failure(.outcomeUnknown, code: "provider_outcome_unknown", message: "lost")
        for _ in 0..<5 { end(lost) }

        #expect(admit().failure?.failureClass == .unavailable)
        #expect(admit().failure?.code == "provider_unavailable")
    }

    @Test func `takes no probe from a job that has to wait for the account`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 60, concurrentCreates: 1)
        #expect(admit(.create, pacing).isGo)
        for _ in 0..<5 { end(down, .create, nil) }
        let key = Pacing(key: "k2", requestsPerMinute: 1)
        #expect(admit(.poll, key).isGo)
        for _ in 0..<5 {
            gates.ended(.create, of: use, pacing: key, failure: down, now: .noon)
        }
        let later = Timestamp.noon + .seconds(15)

        #expect(admit(.create, key, at: later).waitsUntil != nil)
        #expect(admit(.create, key, at: later + .seconds(120)).isGo)
        #expect(admit(.create, key, at: later + .seconds(120)).failure != nil)
    }

    @Test func `says nothing against the provider for calls that did not take place`() {
        for _ in 0..<5 {
            #expect(admit().isGo)
            gates.withdraw(.create, of: use, pacing: nil, now: .noon)
        }

        #expect(admit().isGo)
    }

    @Test func `lets the next create find out where the probe did not take place`() {
        open()
        let later = Timestamp.noon + .seconds(15)
        #expect(admit(at: later).isGo)
        #expect(admit(at: later).failure != nil)

        gates.withdraw(.create, of: use, pacing: nil, now: later)

        #expect(admit(at: later).isGo)
        #expect(admit(at: later).failure != nil)
    }

    @Test func `figures that no account has are passed over`() {
        let pacing = Pacing(key: "k", picturesPerMinute: .max)
        for _ in 0..<3 { #expect(admit(.poll, pacing).isGo) }

        gates.learn(
            Budget(kind: .requests, limit: .max, remaining: .min, resetsAt: .noon + .seconds(60)), of: use,
            pacing: pacing, now: .noon)

        #expect(admit(.create, pacing).isGo)
    }

    @Test func `pauses creates and lets polls go on`() {
        gates.pause(
            ProviderPause(provider: "opus", until: .noon + .seconds(60), reason: "upkeep", at: .noon),
            now: .noon)

        let failure = admit().failure
        #expect(failure?.code == "provider_paused")
        #expect(failure?.retryAfter == .seconds(60))
        #expect(admit(.poll).isGo)
        #expect(admit(at: .noon + .seconds(60)).isGo)
        gates.resume("opus", now: .noon)
        #expect(admit().isGo)
    }

    @Test func `tries an open circuit at once when somebody resumes the provider`() {
        open()

        gates.resume("opus", now: .noon)

        #expect(admit().isGo)
        #expect(admit().failure != nil)
    }

    @Test func `rests an account that had too many requests, without opening the circuit`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        #expect(admit(.create, pacing).isGo)
        end(
            Failure(.rateLimited, code: "rate_limited", message: "429", retryAfter: .seconds(40)), .create,
            pacing)

        let waits = [admit(.create, pacing), admit(.create, pacing), admit(.poll, pacing)].map(\.waitsUntil)

        #expect(waits.allSatisfy { $0.map { $0 >= .noon + .seconds(40) } ?? false })
        #expect(Set(waits).count == 3)
        end(
            Failure(.rateLimited, code: "rate_limited", message: "429", retryAfter: .seconds(7_200)), .create,
            pacing)
        #expect(admit(.create, pacing).failure?.failureClass == .rateLimited)
        #expect(admit(.poll, pacing).waitsUntil.map { $0 >= .noon + .seconds(7_200) } == true)
    }

    @Test func `closes an account without credits until they come back`() {
        let pacing = Pacing(key: "k")
        let reset = Timestamp.noon + .seconds(3_000)
        gates.learn(
            Budget(kind: .credits, limit: 900, remaining: 0, resetsAt: reset), of: use, pacing: pacing,
            now: .noon)

        #expect(admit(.create, pacing).failure?.failureClass == .outOfFunds)
        #expect(admit(.create, pacing).failure?.retryAfter == .seconds(3_000))
        #expect(admit(.poll, pacing).isGo)
        gates.learn(Budget(kind: .credits, remaining: 40), of: use, pacing: pacing, now: .noon)
        #expect(admit(.create, pacing).isGo)
    }

    @Test func `sends nothing before the window of an account that is used up ends`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        let reset = Timestamp.noon + .seconds(20)
        gates.learn(
            Budget(kind: .requests, limit: 30, remaining: 0, resetsAt: reset), of: use, pacing: pacing,
            now: .noon)

        #expect(admit(.poll, pacing).waitsUntil.map { $0 >= reset } == true)
        #expect(admit(.create, pacing, at: reset + .seconds(1)).isGo)
    }

    @Test func `spreads what little is left over the rest of the window`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        gates.learn(
            Budget(kind: .requests, limit: 30, remaining: 3, resetsAt: .noon + .seconds(40)), of: use,
            pacing: pacing, now: .noon)

        #expect(admit(.poll, pacing).isGo)
        let next = admit(.poll, pacing).waitsUntil
        #expect(next.map { $0 >= .noon + .seconds(13) && $0 < .noon + .seconds(16) } == true)
    }

    @Test func `takes figures beyond all measure without harm`() {
        let pacing = Pacing(key: "k")
        #expect(admit(.create, pacing).isGo)
        #expect(admit(.create, pacing).isGo)
        for figure in [Int.max, Int.min, -1] {
            gates.learn(
                Budget(kind: .requests, limit: figure, remaining: figure), of: use, pacing: pacing, now: .noon
            )
        }
        end(Failure(.rateLimited, code: "rate_limited", message: "429"), .create, pacing)

        #expect(admit(.create, pacing).waitsUntil.map { $0 >= .noon + .seconds(15) } == true)
    }

    @Test func `asks about tickets although a window is said never to end`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        gates.learn(
            Budget(
                kind: .requests, limit: 30, remaining: 0, resetsAt: .noon + .seconds(100 * 365 * 86_400)),
            of: use, pacing: pacing, now: .noon)

        #expect(admit(.poll, pacing, at: .noon + .seconds(62)).isGo)
    }

    @Test func `adopts a lower limit than the configured one`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        gates.learn(Budget(kind: .requests, limit: 4), of: use, pacing: pacing, now: .noon)

        let going = (0..<30).filter { _ in admit(.poll, pacing).isGo }

        #expect(going.count == 4)
    }

    @Test func `gives each waiting job a place of its own and keeps it`() throws {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        let jobs = (0..<60).map { _ in JobID.make("job_") }
        var places: [(job: JobID, at: Timestamp)] = []
        for job in jobs {
            let admission = admit(.create, pacing, for: job)
            if let until = admission.waitsUntil {
                places.append((job, until))
            } else {
                end(nil, .create, pacing)
            }
        }

        #expect(places.count == 45)
        #expect(Set(places.map(\.at)).count == 45)
        for place in places {
            // A crowd of newcomers takes nothing from those who wait.
            for _ in 0..<3 { #expect(!admit(.create, pacing, for: .make("job_"), at: place.at).isGo) }
            #expect(admit(.create, pacing, for: place.job, at: place.at).isGo)
            end(nil, .create, pacing, at: place.at)
        }
    }

    @Test func `frees the places of jobs that never come back`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        for _ in 0..<1_000 { _ = admit(.create, pacing, for: .make("job_")) }

        let busy = admit(.create, pacing, at: .noon + .seconds(400))
        let later = admit(.create, pacing, at: .noon + .seconds(6_000))

        #expect(busy.isGo)
        #expect(later.isGo)
    }

    @Test func `moves others up when a job ends`() {
        let pacing = Pacing(key: "k", picturesPerMinute: 1)
        let (first, second, third) = (JobID.make("job_"), JobID.make("job_"), JobID.make("job_"))
        #expect(admit(.create, pacing, for: first).isGo)
        end(nil, .create, pacing)
        let early = admit(.create, pacing, for: second).waitsUntil
        let late = admit(.create, pacing, for: third).waitsUntil
        #expect(early.map { early in late.map { $0 - early > .seconds(59) } ?? false } == true)

        gates.forget(second)

        #expect(admit(.create, pacing, for: third).waitsUntil == early)
    }

    @Test func `keeps polls going while creates queue, and creates while polls do`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        for _ in 0..<200 { _ = admit(.create, pacing, for: .make("job_")) }
        let poll = admit(.poll, pacing)
        #expect(poll.isGo)
        for _ in 0..<200 { _ = admit(.poll, pacing, for: .make("job_")) }

        let create = admit(.create, pacing, for: .make("job_"))
        let another = admit(.poll, pacing, for: .make("job_"))

        #expect(create.waitsUntil.map { $0 - .noon < .seconds(1_500) } == true)
        #expect(another.waitsUntil.map { $0 - .noon < .seconds(1_500) } == true)
    }

    @Test func `lets no more creates run at a time than the account may`() {
        let pacing = Pacing(key: "k", concurrentCreates: 2)
        #expect(admit(.create, pacing).isGo)
        #expect(admit(.create, pacing).isGo)
        let waits = (0..<20).map { _ in admit(.create, pacing).waitsUntil }

        #expect(Set(waits).count == 20)
        #expect(waits.allSatisfy { $0.map { $0 > .noon && $0 <= .noon + .seconds(62) } ?? false })
        end(nil, .create, pacing)
        #expect(admit(.create, pacing).isGo)
    }

    @Test func `counts the pictures of an order, not the order`() {
        let pacing = Pacing(key: "k", picturesPerMinute: 8)
        func order(_ pictures: Int, at now: Timestamp = .noon) -> ProviderGates.Admission {
            gates.admit(.create, to: use, pacing: pacing, pictures: pictures, now: now)
        }

        #expect(order(4).isGo)
        #expect(order(3).isGo)
        let third = order(2)
        #expect(third.waitsUntil.map { $0 >= .noon + .seconds(60) } == true)
        // An order of more than there are in a minute takes a whole one.
        let large = order(50, at: .noon + .seconds(3_600))
        #expect(large.isGo)
        #expect(order(1, at: .noon + .seconds(3_601)).waitsUntil != nil)
    }

    @Test func `keeps to the strictest of several entries with one key, whoever asks`() {
        let wide = Pacing(key: "k", requestsPerMinute: 100, concurrentCreates: 10)
        let narrow = Pacing(key: "k", requestsPerMinute: 100, concurrentCreates: 2)
        let other = PinnedChain.Use(
            id: "opus-two", plugin: "opus", major: 1, configuration: [:], timeout: .seconds(60))

        #expect(admit(.create, wide).isGo)
        #expect(gates.admit(.create, to: other, pacing: narrow, now: .noon).isGo)

        #expect(admit(.create, wide).waitsUntil != nil)
        #expect(gates.admit(.create, to: other, pacing: narrow, now: .noon).waitsUntil != nil)
    }

    @Test func `is careful with an account of which nothing is known`() {
        let pacing = Pacing(key: "k")

        let going = (0..<50).filter { _ in admit(.create, pacing).isGo }
        #expect(going.count == CallsUnderWay.first)
        end(nil, .create, pacing)

        #expect((0..<50).allSatisfy { _ in admit(.create, pacing).isGo })
    }

    @Test func `shares an account's pace between providers, and no circuit`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 2)
        let other = PinnedChain.Use(
            id: "opus-two", plugin: "opus", major: 1, configuration: [:], timeout: .seconds(60))
        for _ in 0..<5 { end(down, .create, pacing) }

        #expect(admit(.create, pacing).failure != nil)
        #expect(gates.admit(.create, to: other, pacing: pacing, now: .noon).isGo)
        #expect(gates.admit(.poll, to: other, pacing: pacing, now: .noon).isGo)
        #expect(admit(.poll, pacing).waitsUntil != nil)
    }

    @Test func `tells how a provider stands`() {
        let pacing = Pacing(key: "k", requestsPerMinute: 30)
        #expect(admit(.create, pacing).isGo)
        gates.learn(Budget(kind: .credits, remaining: 7), of: use, pacing: pacing, now: .noon)
        for _ in 0..<5 { gates.ended(.create, of: use, pacing: pacing, failure: down, now: .noon) }
        var status = ProviderStatus(name: "opus", plugin: "opus", isEnabled: true)

        gates.complete(&status, account: "k", now: .noon)

        #expect(status.circuit == .open)
        #expect(status.openUntil == .noon + .seconds(15))
        #expect(status.reason == down)
        #expect(status.recent.creates == 5 && status.recent.failures == 5)
        #expect(status.budgets == [Budget(kind: .credits, remaining: 7)])
        gates.complete(&status, account: "k", now: .noon + .seconds(15))
        #expect(status.openUntil == .noon + .seconds(15))
    }

    @Test func `forgets accounts that nobody uses`() {
        for number in 0..<1_000 {
            _ = admit(.poll, Pacing(key: "key \(number)", requestsPerMinute: 5))
        }
        #expect(gates.purseCount <= ProviderGates.maximumPurses + 1)
        end(nil, .create, Pacing(key: "key 999"), at: .noon)

        _ = admit(.poll, Pacing(key: "last"), at: .noon + .seconds(8_000))

        #expect(gates.purseCount == 1)
    }
}

extension ProviderGates.Admission {
    var isGo: Bool {
        if case .go = self { true } else { false }
    }

    var waitsUntil: Timestamp? {
        if case .wait(let until) = self { until } else { nil }
    }

    var failure: Failure? {
        if case .closed(let failure) = self { failure } else { nil }
    }
}
