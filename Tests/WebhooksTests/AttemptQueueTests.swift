import Persistence
import Testing
import ThumbwireKit

@testable import Webhooks

struct AttemptQueueTests {
    private let now = Timestamp(microseconds: 1_795_262_400_000_000)
    private let start = ContinuousClock.now
    private var lease: Timestamp { now + .seconds(60) }

    private func queue(places: Int = 4, perTarget: Int = 2, slow: Int = 100) -> AttemptQueue {
        var configuration = Dispatcher.Configuration()
        configuration.maximumInFlight = places
        configuration.maximumInFlightPerTarget = perTarget
        configuration.maximumSlow = slow
        return AttemptQueue(configuration: configuration)
    }

    private func take(_ queue: inout AttemptQueue, after: Duration = .zero) -> [String] {
        var taken: [String] = []
        while let due = queue.takeNext(now: now, at: start + after) { taken.append(due.delivery.id.rawValue) }
        return taken
    }

    private func expectTaken(
        _ expected: [String], from queue: inout AttemptQueue, after: Duration = .zero,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let taken = take(&queue, after: after)
        #expect(taken == expected, sourceLocation: sourceLocation)
    }

    @Test func `keeps the order of a target`() {
        var queue = queue(perTarget: 4)
        queue.add(["a1", "a2", "a3"].map(DueDelivery.make), leaseUntil: lease)

        expectTaken(["a1", "a2", "a3"], from: &queue)
    }

    @Test func `targets take turns, each up to its cap`() {
        var queue = queue()
        queue.add(["a1", "a2", "a3", "a4", "b1", "c1"].map(DueDelivery.make), leaseUntil: lease)

        expectTaken(["a1", "b1", "c1", "a2"], from: &queue)
        queue.finish(DeliveryID(rawValue: "b1"))
        expectTaken([], from: &queue)
        queue.finish(DeliveryID(rawValue: "a1"))
        expectTaken(["a3"], from: &queue)
    }

    @Test func `a slow attempt gives its place to another target, not its target's cap`() {
        var queue = queue(places: 2)
        queue.add(["a1", "a2", "a3", "b1"].map(DueDelivery.make), leaseUntil: lease)

        expectTaken(["a1", "b1"], from: &queue)
        #expect(queue.nextFreePlace == start + .seconds(1))
        expectTaken([], from: &queue, after: .milliseconds(999))
        expectTaken(["a2"], from: &queue, after: .seconds(1))
        let room = queue.room(at: start + .seconds(1))
        #expect(room == 1)
    }

    @Test func `slow attempts are bounded too`() {
        var queue = queue(places: 2, slow: 1)
        queue.add(["a1", "b1", "c1", "d1", "e1"].map(DueDelivery.make), leaseUntil: lease)

        expectTaken(["a1", "b1"], from: &queue)
        expectTaken(["c1"], from: &queue, after: .seconds(1))
        #expect(queue.nextFreePlace == nil)
        queue.finish(DeliveryID(rawValue: "a1"))
        expectTaken(["d1"], from: &queue, after: .seconds(2))
    }

    @Test func `a target with enough waiting is left out of claims until it has less`() {
        var queue = queue()
        queue.add(["a1", "a2", "a3", "a4", "b1"].map(DueDelivery.make), leaseUntil: lease)
        _ = take(&queue)

        let busy = queue.leaveOutBusy()

        #expect(busy == [DueDelivery.make("a1").delivery.target])
        #expect(!queue.hasReleasedTarget)
        queue.finish(DeliveryID(rawValue: "a1"))
        expectTaken(["a3"], from: &queue)
        #expect(queue.hasReleasedTarget)
        let busyAfterwards = queue.leaveOutBusy()
        #expect(busyAfterwards.isEmpty)
        #expect(!queue.hasReleasedTarget)
    }

    @Test func `what is under way is not added again`() {
        var queue = queue()
        queue.add(["a1"].map(DueDelivery.make), leaseUntil: lease)
        _ = take(&queue)
        queue.add(["a1"].map(DueDelivery.make), leaseUntil: lease)

        expectTaken([], from: &queue)
    }

    @Test func `what was attempted is not attempted again before it is written`() {
        var queue = queue()
        queue.add(["a1"].map(DueDelivery.make), leaseUntil: lease)
        _ = take(&queue)
        queue.finish(DeliveryID(rawValue: "a1"), hasResult: true)
        queue.add(["a1"].map(DueDelivery.make), leaseUntil: lease)
        expectTaken([], from: &queue)

        queue.wrote([DeliveryID(rawValue: "a1")])
        queue.add(["a1"].map(DueDelivery.make), leaseUntil: lease)

        expectTaken(["a1"], from: &queue)
    }

    @Test func `an attempt that its lease would not outlast is not made`() {
        var queue = queue()
        queue.add(["a1"].map(DueDelivery.make), leaseUntil: now + .seconds(19))
        queue.add(["b1"].map(DueDelivery.make), leaseUntil: now + .seconds(20))

        expectTaken(["b1"], from: &queue)
    }

    @Test func `forgets what waits and keeps what is under way`() {
        var queue = queue(perTarget: 1)
        queue.add(["a1", "a2"].map(DueDelivery.make), leaseUntil: lease)
        _ = take(&queue)
        queue.dropWaiting()

        #expect(!queue.isIdle)
        queue.finish(DeliveryID(rawValue: "a1"))
        #expect(queue.isIdle)
        expectTaken([], from: &queue)
    }
}
