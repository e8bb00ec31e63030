import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// A thousand jobs at once against servers that count: none of them may earn a 429, and none may dawdle.
struct PaceSoakTests {
    static let jobs = 1_000

    @Test(arguments: [(1, true), (1, false), (3, true)])
    func `a thousand jobs keep thirty requests a minute`(requestsPerCreate: Int, isNamed: Bool) {
        let server = SlidingServer(limit: 30)
        var run = SimulatedRun(jobs: Self.jobs, server: server, isNamed: isNamed)
        run.pacing = Pacing(
            key: "opus", requestsPerMinute: 30, requestsPerCreate: requestsPerCreate,
            pollInterval: .seconds(5))
        run.workTime = 150...240

        run.run()

        #expect(run.finished == Self.jobs)
        #expect(server.refused == 0)
        #expect(run.creates == Self.jobs)
        // A create and one poll for each job, and the wait for the last one.
        let ideal = Double(Self.jobs * (requestsPerCreate + 1)) / 30 * 60 + 195
        #expect(run.duration.inSeconds <= 1.2 * ideal, "\(run.duration.inSeconds) s, ideal \(ideal) s")
    }

    @Test(arguments: [10, 60])
    func `a thousand jobs keep a budget that only headers tell`(limit: Int) {
        let server = FixedWindowServer(limit: limit)
        var run = SimulatedRun(jobs: Self.jobs, server: server, isNamed: true)
        run.pacing = Pacing(key: "soke", pollInterval: .seconds(2))
        run.workTime = 20...40

        run.run()

        #expect(run.finished == Self.jobs)
        #expect(server.refused == 0)
        let ideal = Double(Self.jobs * 2) / Double(limit) * 60 + 30
        #expect(run.duration.inSeconds <= 1.2 * ideal, "\(run.duration.inSeconds) s, ideal \(ideal) s")
    }

    @Test func `creates that finish at once use the whole rate`() {
        let server = SlidingServer(limit: 30)
        var run = SimulatedRun(jobs: Self.jobs, server: server, isNamed: true)
        run.pacing = Pacing(key: "dalle", requestsPerMinute: 30, concurrentCreates: 8)
        run.workTime = 0...0

        run.run()

        #expect(run.finished == Self.jobs)
        #expect(server.refused == 0)
        let ideal = Double(Self.jobs) / 30 * 60
        #expect(run.duration.inSeconds <= 1.2 * ideal, "\(run.duration.inSeconds) s, ideal \(ideal) s")
        #expect(run.mostCreating <= 8)
    }
}

/// A server as its clients see it: every request counts, also one that is refused.
protocol SimulatedServer: AnyObject {
    var refused: Int { get }
    /// Takes a request; `nil` is a 429.
    func take(at moment: Timestamp) -> Budget?
}

/// So many requests in any sixty seconds; tells nothing.
final class SlidingServer: SimulatedServer {
    private let limit: Int
    private var arrivals: [Timestamp] = []
    private(set) var refused = 0

    init(limit: Int) {
        self.limit = limit
    }

    func take(at moment: Timestamp) -> Budget? {
        arrivals.removeAll { $0 <= moment - .seconds(60) }
        arrivals.append(moment)
        guard arrivals.count <= limit else {
            refused += 1
            return nil
        }
        return Budget(kind: .credits, remaining: 10_000)
    }
}

/// So many requests in each minute, said with every answer as Soke does: the end of the window in whole seconds.
final class FixedWindowServer: SimulatedServer {
    private let limit: Int
    private var window: (number: Int64, used: Int) = (0, 0)
    private(set) var refused = 0

    init(limit: Int) {
        self.limit = limit
    }

    func take(at moment: Timestamp) -> Budget? {
        let number = moment.seconds / 60
        if number != window.number { window = (number, 0) }
        window.used += 1
        guard window.used <= limit else {
            refused += 1
            return nil
        }
        let end = Timestamp(microseconds: (number + 1) * 60_000_000)
        return Budget(kind: .requests, limit: limit, remaining: limit - window.used, resetsAt: end)
    }
}

/// Jobs that do as the runner does, on a clock that jumps from one thing to the next.
struct SimulatedRun {
    private enum Happening {
        case ask(Int)
        case arrive(Int, ProviderGates.Call)
        case answer(Int, ProviderGates.Call, Budget?)
    }

    private struct Job {
        var id: JobID
        var readyAt: Timestamp?
    }

    var pacing = Pacing(key: "account")
    /// Seconds from an answered create to a result; 0 has the create bring it.
    var workTime: ClosedRange<Int64> = 0...0
    private(set) var finished = 0
    private(set) var creates = 0
    private(set) var mostCreating = 0
    private(set) var duration = Duration.zero
    private let gates = ProviderGates(random: { 0.5 })
    private let server: any SimulatedServer
    private let isNamed: Bool
    private let use = PinnedChain.Use(
        id: "provider", plugin: "provider", major: 1, configuration: [:], timeout: .seconds(60))
    private var jobs: [Job]
    private var agenda: [(at: Timestamp, order: Int, what: Happening)] = []
    private var order = 0
    private var creating = 0
    private var seed: UInt64 = 7

    init(jobs count: Int, server: any SimulatedServer, isNamed: Bool) {
        self.server = server
        self.isNamed = isNamed
        jobs = (0..<count).map { _ in Job(id: .make("job_")) }
        for index in jobs.indices { plan(.ask(index), at: .noon) }
    }

    mutating func run() {
        while let (now, _, what) = next() {
            guard now - .noon < .seconds(86_400) else { return }
            switch what {
            case .ask(let index): ask(index, at: now)
            case .arrive(let index, let call): arrive(index, call, at: now)
            case .answer(let index, let call, let budget): answered(index, call, budget, at: now)
            }
            duration = now - .noon
        }
    }

    private mutating func ask(_ index: Int, at now: Timestamp) {
        let call: ProviderGates.Call = jobs[index].readyAt == nil ? .create : .poll
        let admission = gates.admit(
            call, to: use, pacing: pacing, for: isNamed ? jobs[index].id : nil, now: now)
        switch admission {
        case .wait(let until):
            // The engine claims what is due a little later.
            plan(.ask(index), at: until + .milliseconds(random(1...40)))
        case .closed(let failure):
            plan(.ask(index), at: now + (failure.retryAfter ?? .seconds(15)))
        case .go:
            if call == .create {
                creating += 1
                mostCreating = max(mostCreating, creating)
            }
            let extra = call == .create ? pacing.requestsPerCreate - 1 : 0
            for number in 0..<extra {
                _ = server.take(at: now + .milliseconds(random(20...60) * Int64(number + 1)))
            }
            plan(.arrive(index, call), at: now + .milliseconds(random(180...900)))
        }
    }

    private mutating func arrive(_ index: Int, _ call: ProviderGates.Call, at now: Timestamp) {
        let budget = server.take(at: now)
        plan(.answer(index, call, budget), at: now + .milliseconds(random(20...1_500)))
    }

    private mutating func answered(
        _ index: Int, _ call: ProviderGates.Call, _ budget: Budget?, at now: Timestamp
    ) {
        if let budget { gates.learn(budget, of: use, pacing: pacing) }
        let refusal = Failure(
            .rateLimited, code: "rate_limited", message: "too many", retryAfter: .seconds(20))
        gates.ended(call, of: use, pacing: pacing, failure: budget == nil ? refusal : nil, now: now)
        if call == .create { creating -= 1 }
        guard budget != nil else { return plan(.ask(index), at: now + .seconds(20)) }
        if call == .create {
            creates += 1
            jobs[index].readyAt = now + .seconds(random(workTime))
        }
        if let ready = jobs[index].readyAt, ready <= now {
            finished += 1
        } else {
            plan(.ask(index), at: now + pacing.pollInterval)
        }
    }

    private mutating func plan(_ what: Happening, at moment: Timestamp) {
        order += 1
        agenda.append((moment, order, what))
        var child = agenda.count - 1
        while child > 0, isEarlier(child, (child - 1) / 2) {
            agenda.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func next() -> (at: Timestamp, order: Int, what: Happening)? {
        guard !agenda.isEmpty else { return nil }
        agenda.swapAt(0, agenda.count - 1)
        let first = agenda.removeLast()
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < agenda.count }
            guard let least = children.min(by: isEarlier), isEarlier(least, parent) else { return first }
            agenda.swapAt(least, parent)
            parent = least
        }
    }

    private func isEarlier(_ left: Int, _ right: Int) -> Bool {
        (agenda[left].at, agenda[left].order) < (agenda[right].at, agenda[right].order)
    }

    /// The same numbers in every run.
    private mutating func random(_ range: ClosedRange<Int64>) -> Int64 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return range.lowerBound + Int64(seed >> 33) % (range.upperBound - range.lowerBound + 1)
    }
}
