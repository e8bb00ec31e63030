import Persistence
import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

struct AttemptQueueTests {
    private static let now = Timestamp(microseconds: 1_795_262_400_000_000)

    /// A queue whose time stands still unless told.
    private struct Line {
        var queue: AttemptQueue
        let start = ContinuousClock.now
        var lease = AttemptQueueTests.now + .seconds(60)

        init(places: Int = 8, perTarget: Int = 2, slow: Int = 100) {
            var configuration = Dispatcher.Configuration()
            configuration.maximumInFlight = places
            configuration.maximumInFlightPerEndpoint = perTarget
            configuration.maximumInFlightPerHost = perTarget
            configuration.slowAfter = .seconds(1)
            configuration.longAfter = .seconds(2)
            configuration.maximumSlow = slow
            queue = AttemptQueue(configuration: configuration)
        }

        mutating func add(
            _ ids: String..., attempts: Int = 0, change: (inout Endpoint) -> Void = { _ in }
        ) {
            let deliveries = ids.map { id -> (lane: Lane.Key, due: DueDelivery) in
                var due = DueDelivery.make(id)
                due.delivery.attempts = attempts
                if case .endpoint(var endpoint, let secret) = due.destination {
                    change(&endpoint)
                    due.destination = .endpoint(endpoint, secret: secret)
                }
                return (LaneFinder(sealer: Sealer(key: [UInt8](repeating: 0, count: 32))).key(of: due), due)
            }
            queue.add(deliveries, leaseUntil: lease, now: now)
        }

        /// Callbacks to one host, each of a job of its own.
        mutating func addCallbacks(_ count: Int) {
            let deliveries = (0..<count).map { number -> (lane: Lane.Key, due: DueDelivery) in
                var due = DueDelivery.make(
                    "c\(number)", destination: .callback(Sealed(bytes: []), secret: Sealed(bytes: [])))
                due.delivery.target = .callback(JobID(rawValue: "job_\(number)"))
                return (.host(due.delivery.account, "hung.example"), due)
            }
            queue.add(deliveries, leaseUntil: lease, now: now)
        }

        mutating func take(
            after: Duration = .zero, later: Duration = .zero
        ) -> [String] {
            var taken: [String] = []
            while let next = queue.takeNext(now: AttemptQueueTests.now + later, at: start + after) {
                taken.append(next.due.delivery.id.rawValue)
            }
            return taken
        }

        mutating func finish(_ ids: String..., after: Duration = .zero, isHang: Bool = false) {
            for id in ids {
                queue.finish(
                    DeliveryID(rawValue: id), hasResult: true, isHang: isHang, now: now, at: start + after)
                queue.wrote([DeliveryID(rawValue: id)])
            }
        }
    }

    @Test func `keeps the order of a target`() {
        var line = Line(perTarget: 4)
        line.add("a1", "a2", "a3")

        #expect(line.take() == ["a1", "a2", "a3"])
    }

    @Test func `targets take turns, each up to its cap`() {
        var line = Line()
        line.add("a1", "a2", "a3", "a4", "b1", "c1")

        #expect(line.take() == ["a1", "b1", "c1", "a2"])
        line.finish("b1")
        #expect(line.take() == [])
        line.finish("a1")
        #expect(line.take() == ["a3"])
    }

    @Test func `says that places became free while nobody asked`() {
        var line = Line(places: 4)
        line.add("a1", "b1", "c1", "d1")
        #expect(line.take() == ["a1", "b1", "c1"])

        #expect(line.queue.hasNext(at: line.start + .milliseconds(999)) == false)
        #expect(line.queue.hasNext(at: line.start + .seconds(1)) == true)
        #expect(line.take(after: .seconds(1)) == ["d1"])
        #expect(line.queue.hasNext(at: line.start + .seconds(1)) == false)
    }

    @Test func `says that attempts became long while nobody asked`() {
        var line = Line(places: 2)
        line.add("a1")
        #expect(line.take() == ["a1"])
        #expect(line.take(after: .seconds(1)) == [])

        #expect(line.queue.hasNext(at: line.start + .seconds(2)) == true)
        #expect(line.take(after: .seconds(2)) == [])
        #expect(line.queue.hasNext(at: line.start + .seconds(2)) == false)
    }

    @Test func `takes again what the store has counted, and nothing else that was attempted`() {
        var line = Line()
        line.add("a1")
        #expect(line.take() == ["a1"])
        line.queue.finish(
            DeliveryID(rawValue: "a1"), hasResult: true, now: AttemptQueueTests.now, at: line.start)

        line.add("a1")
        #expect(line.take() == [])
        line.add("a1", attempts: 1)
        #expect(line.take() == ["a1"])
    }

    @Test func `an endpoint has the cap that it asks for`() {
        var line = Line()
        line.add("a1", "a2", "a3", "a4") { $0.sending.maximumInFlight = 3 }
        line.add("b1", "b2") { $0.sending.isOrdered = true }

        #expect(line.take() == ["a1", "b1", "a2", "a3"])
    }

    @Test func `an endpoint that comes out of a rest has the cap that its breaker gives it`() {
        var line = Line()
        line.add("a1", "a2") { $0.health.claimLimit = 1 }

        #expect(line.take() == ["a1"])
    }

    @Test func `a slow attempt gives its place to another target, not its target's cap`() {
        var line = Line(places: 4)
        line.add("a1", "a2", "a3", "b1", "b2")

        #expect(line.take() == ["a1", "b1", "a2"])
        #expect(line.queue.nextChange(at: line.start) == line.start + .seconds(1))
        #expect(line.take(after: .milliseconds(999)) == [])
        #expect(line.take(after: .seconds(1)) == ["b2"])
    }

    @Test func `slow attempts are bounded too`() {
        var line = Line(places: 4, slow: 1)
        line.add("a1", "b1", "c1", "d1", "e1", "f1")

        #expect(line.take() == ["a1", "b1", "c1"])
        #expect(line.take(after: .seconds(1)) == [])
        #expect(line.queue.nextChange(at: line.start + .seconds(1)) == nil)
        line.finish("a1", after: .seconds(1))
        #expect(line.take(after: .milliseconds(1_001)) == [])
        line.finish("b1", "c1", after: .milliseconds(1_001))
        #expect(line.take(after: .milliseconds(1_001)) == ["d1", "e1", "f1"])
    }

    @Test func `those who answer have places that nobody else may hold`() {
        var line = Line(places: 8, perTarget: 8)
        line.add("z1")
        _ = line.take()
        line.finish("z1")
        line.add("a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1")

        #expect(line.take() == ["a1", "b1", "c1", "d1", "e1", "f1"])
        line.add("z2", "z3", "z4")
        #expect(line.take() == ["z2", "z3"])
    }

    @Test func `those who do not answer hold a quarter of the places at most`() {
        var line = Line(places: 8, perTarget: 4)
        line.add("a1", "b1", "c1", "d1")
        _ = line.take()
        line.finish("a1", "b1", "c1", "d1", isHang: true)
        line.add("a2", "b2", "c2", "d2")

        #expect(line.take() == ["a2", "b2"])
    }

    @Test func `a thousand that hang leave a place to one that answers`() {
        var line = Line(places: 8, perTarget: 8, slow: 1_000)
        line.add("z1")
        _ = line.take()
        line.finish("z1")
        let hung = (0..<1_000).map { number -> (lane: Lane.Key, due: DueDelivery) in
            (.endpoint(EndpointID(rawValue: "ep_\(number)")), .make("h\(number)"))
        }
        line.queue.add(hung, leaseUntil: line.lease, now: Self.now)

        for second in 0..<100 {
            let moment = Duration.seconds(2 * second)
            _ = line.take(after: moment)
            line.add("z\(second + 2)")

            #expect(line.take(after: moment) == ["z\(second + 2)"])
            line.finish("z\(second + 2)", after: moment)
        }
    }

    @Test func `callbacks to one host share a cap`() {
        var line = Line()
        line.addCallbacks(1_000)
        line.add("a1")

        #expect(line.take() == ["c0", "a1", "c1"])
    }

    @Test func `a callback host that does not answer gets one attempt at a time until it does`() {
        var line = Line(places: 16, perTarget: 4)
        line.addCallbacks(100)

        #expect(line.take() == ["c0", "c1", "c2", "c3"])
        line.finish("c0", "c1", "c2", "c3", isHang: true)
        #expect(line.take() == ["c4"])
        line.finish("c4")
        #expect(line.take() == ["c5", "c6"])
        line.finish("c5", "c6")
        #expect(line.take() == ["c7", "c8", "c9", "c10"])
    }

    @Test func `what waits for a rate holds no place and takes no turn`() {
        var line = Line(places: 4, perTarget: 4)
        line.add("a1", "a2", "a3") { $0.sending.ratePerSecond = 2 }
        line.add("b1", "b2")

        #expect(line.take() == ["a1", "b1", "b2"])
        let wake = line.queue.nextWake
        #expect(wake.map { $0 > Self.now + .milliseconds(400) && $0 < Self.now + .milliseconds(600) } == true)
        line.finish("a1", "b1", "b2")
        #expect(line.take(later: .milliseconds(400)) == [])
        #expect(line.take(later: .milliseconds(600)) == ["a2"])
        #expect(line.take(later: .seconds(2)) == ["a3"])
    }

    @Test func `what waits for a rest is kept for its end, if its lease is`() {
        var line = Line()
        line.add("a1", "a2", "a3")
        _ = line.take()
        guard case .endpoint(var endpoint, _) = DueDelivery.make("a1").destination else { return }
        endpoint.health.restsUntil = Self.now + .seconds(30)
        endpoint.health.claimLimit = 1
        line.queue.learn(endpoint, now: Self.now)
        line.finish("a1", "a2")

        #expect(line.take(later: .seconds(29)) == [])
        #expect(line.queue.nextWake == Self.now + .seconds(30))
        #expect(line.take(later: .seconds(30)) == ["a3"])
    }

    @Test func `what waits for a paused endpoint is not sent, nor for one that is gone`() {
        var line = Line()
        line.add("a1", "a2", "a3", "b1", "b2", "b3")
        _ = line.take()
        guard case .endpoint(var endpoint, _) = DueDelivery.make("a1").destination else { return }
        endpoint.status = .paused
        line.queue.learn(endpoint, now: Self.now)
        line.queue.forget(EndpointID(rawValue: "ep_b"), now: Self.now)
        line.finish("a1", "a2", "b1", "b2")

        #expect(line.take() == [])
        endpoint.status = .enabled
        line.queue.learn(endpoint, now: Self.now)
        #expect(line.take() == ["a3"])
    }

    @Test func `a target with enough waiting is left out of claims until it has less`() {
        var line = Line(places: 8)
        line.add("a1", "a2", "a3", "a4", "b1")
        _ = line.take()

        #expect(line.queue.leaveOutBusy() == [DueDelivery.make("a1").delivery.target])
        #expect(!line.queue.hasReleasedTarget)
        line.finish("a1")
        #expect(line.take() == ["a3"])
        #expect(line.queue.hasReleasedTarget)
        #expect(line.queue.leaveOutBusy().isEmpty)
        #expect(!line.queue.hasReleasedTarget)
    }

    @Test func `more is claimed for a target that answers fast before it runs out`() {
        var line = Line(perTarget: 2)
        for number in 1...8 { line.add("a\(number)") }
        #expect(line.take() == ["a1", "a2"])
        #expect(line.queue.leaveOutBusy() == [DueDelivery.make("a1").delivery.target])

        line.finish("a1")
        line.finish("a2")

        #expect(line.queue.hasReleasedTarget)
        #expect(line.queue.leaveOutBusy().isEmpty)
    }

    @Test func `what does not get on does not keep other work from being claimed`() {
        var line = Line(perTarget: 8)
        line.addCallbacks(1_000)
        #expect(line.queue.claimLimit == 0)
        _ = line.take()
        #expect(line.queue.nextChange(at: line.start) == line.start + .seconds(1))
        _ = line.take(after: .seconds(1))
        #expect(line.queue.nextChange(at: line.start + .seconds(1)) == line.start + .seconds(2))
        _ = line.take(after: .seconds(2))
        #expect(line.queue.claimLimit == AttemptQueue.batch)

        line.add("a1")
        _ = line.take(after: .seconds(2))
        line.finish("a1", after: .seconds(2))
        for number in 2...(AttemptQueue.window + 1) { line.add("a\(number)") }

        #expect(line.queue.claimLimit == 0)
    }

    @Test func `what is under way is not added again`() {
        var line = Line()
        line.add("a1")
        _ = line.take()
        line.add("a1")

        #expect(line.take() == [])
    }

    @Test func `what waits is not added again`() {
        var line = Line()
        line.add("a1")
        line.add("a1")

        #expect(line.take() == ["a1"])
    }

    @Test func `what was attempted is not attempted again before it is written`() {
        var line = Line()
        line.add("a1")
        _ = line.take()
        line.queue.finish(DeliveryID(rawValue: "a1"), hasResult: true, now: Self.now, at: line.start)
        line.add("a1")
        #expect(line.take() == [])

        line.queue.wrote([DeliveryID(rawValue: "a1")])
        line.add("a1")

        #expect(line.take() == ["a1"])
    }

    @Test func `an attempt that its lease would not outlast is not made`() {
        var line = Line()
        line.lease = Self.now + .seconds(19)
        line.add("a1")
        line.lease = Self.now + .seconds(20)
        line.add("b1")

        #expect(line.take() == ["b1"])
        line.add("a1")
        #expect(line.take() == ["a1"])
    }

    @Test func `what waits longer than its lease is attempted once it is claimed anew`() {
        var line = Line()
        line.lease = Self.now + .seconds(30)
        line.add("a1", "a2", "a3")
        line.lease = Self.now + .seconds(90)
        line.add("a2")

        #expect(line.take(later: .seconds(40)) == ["a2"])
        line.add("a1")
        #expect(line.take(later: .seconds(40)) == ["a1"])
    }

    @Test func `an endpoint that is held is claimed for, as that is how it is let go`() {
        var line = Line()
        line.add("a1", "a2", "a3", "a4")
        _ = line.take()
        guard case .endpoint(var endpoint, _) = DueDelivery.make("a1").destination else { return }
        endpoint.status = .paused
        line.queue.learn(endpoint, now: Self.now)

        #expect(line.queue.leaveOutBusy().isEmpty)
        line.finish("a1", "a2")
        #expect(line.take() == [])
        line.add("a5")
        #expect(line.take() == ["a3", "a4"])
    }

    @Test func `forgets what waits and keeps what is under way`() {
        var line = Line(perTarget: 1)
        line.add("a1", "a2")
        _ = line.take()
        line.queue.dropWaiting()

        #expect(!line.queue.isIdle)
        line.finish("a1")
        #expect(line.queue.isIdle)
        #expect(line.take() == [])
    }

    /// Many endpoints with much to do, which then all become something else.
    private func crowd(_ change: (inout Endpoint) -> Void) -> AttemptQueue {
        var queue = AttemptQueue(configuration: Dispatcher.Configuration())
        for number in 1...600 {
            var endpoint = Endpoint(
                id: EndpointID(rawValue: "ep_\(number)"), account: AccountID(rawValue: "acct_1"),
                url: "http://127.0.0.1/", events: [.completed], createdAt: Self.now)
            let deliveries = (1...16).map { index in
                let due = DueDelivery.make(
                    "\(number)-\(index)", destination: .endpoint(endpoint, secret: Sealed(bytes: [])))
                return (lane: Lane.Key.endpoint(endpoint.id), due: due)
            }
            queue.add(deliveries, leaseUntil: Self.now + .seconds(60), now: Self.now)
            change(&endpoint)
            queue.learn(endpoint, now: Self.now)
        }
        return queue
    }

    @Test func `endpoints that rest or are held leave room to claim for others`() {
        #expect(crowd { $0.health.restsUntil = Self.now + .seconds(3_600) }.claimLimit > 0)
        #expect(crowd { $0.status = .disabled }.claimLimit > 0)
    }

    @Test func `what is not ours any more takes no room`() {
        var queue = crowd { $0.sending.maximumInFlight = 1 }
        #expect(queue.claimLimit == 0)

        queue.dropExpired(now: Self.now + .seconds(60))
        #expect(queue.claimLimit > 0)
        #expect(queue.leaveOutBusy().isEmpty)
    }
}
