import Persistence
import SQLiteStore
import TestSupport
import Testing
import ThumbwireKit

/// Random histories of what may happen to deliveries, beside a model that is too simple to be wrong.
@Suite struct DeliveryHistoryTests {
    @Test(arguments: 1...8)
    func `nothing is lost, sent twice at a time or out of order`(seed: UInt64) async throws {
        var history = try await History(seed: seed)
        for _ in 0..<250 {
            try await history.step()
        }
        try await history.drain()
        await history.store.close()
    }
}

/// What the store has to know of one event for one endpoint.
private struct Expected {
    var id: DeliveryID?
    var position: Int
    var status = Delivery.Status.pending
    var attempts = 0
    var due: Timestamp
    var heldUntil: Timestamp?
    var isResent = false

    func isHeld(at now: Timestamp) -> Bool { heldUntil.map { $0 > now } ?? false }
}

private struct History {
    static let lease: Duration = .seconds(20)

    let folder: TemporaryFolder
    let clock = ManualClock()
    let account = Account.make()
    var store: SQLiteStore
    var endpoints: [Endpoint] = []
    var events: [EventID] = []
    var deliveries: [EndpointID: [EventID: Expected]] = [:]
    var random: SeededGenerator

    init(seed: UInt64) async throws {
        random = SeededGenerator(state: seed)
        folder = try TemporaryFolder()
        store = try SQLiteStore.open(folder: folder.path, clock: clock)
        try await store.insert(account, callbackSecret: .make())
        for number in 0..<4 {
            var endpoint = Endpoint.make(account: account.id, events: [.queued])
            endpoint.sending.isOrdered = number < 2
            endpoint.health.claimLimit = number == 2 ? 2 : nil
            try await store.insert(endpoint, secret: .make())
            endpoints.append(endpoint)
            deliveries[endpoint.id] = [:]
        }
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: try await emit()
        case 5..<10: try await claim(limit: Int.random(in: 1...6, using: &random))
        case 10..<15: try await record()
        case 15: try await resend()
        case 16: try await recover()
        case 17: try await changeStatus()
        case 18: clock.advance(by: .seconds(Int.random(in: 1...8, using: &random)))
        default: try await crash()
        }
    }

    private mutating func emit() async throws {
        let event = Event.make(.queued, account: account.id, occurredAt: clock.now())
        try await store.emit([event])
        events.append(event.id)
        for endpoint in endpoints where endpoint.status != .disabled {
            deliveries[endpoint.id]?[event.id] = Expected(position: events.count, due: event.occurredAt)
        }
    }

    private mutating func claim(limit: Int) async throws {
        let now = clock.now()
        let claimed = try await store.claimDeliveries(
            limit: limit, busy: [], leaseUntil: now + Self.lease, now: now)
        for due in claimed {
            guard case .endpoint(let endpoint, _) = due.destination else { continue }
            let all = deliveries[endpoint.id] ?? [:]
            var expected = try #require(all[due.event.id])
            let held = all.values.filter { $0.isHeld(at: now) }
            #expect(endpoint.status == .enabled)
            #expect(!expected.isHeld(at: now))
            #expect(expected.status == .pending && expected.due <= now)
            #expect(expected.attempts == due.delivery.attempts)
            if endpoint.sending.isOrdered {
                #expect(held.isEmpty)
                #expect(all.values.allSatisfy { $0.status != .pending || $0.position >= expected.position })
            }
            if let limit = endpoint.health.claimLimit { #expect(held.count < limit) }
            expected.id = due.delivery.id
            expected.heldUntil = now + Self.lease
            expected.isResent = false
            deliveries[endpoint.id]?[due.event.id] = expected
        }
        #expect(claimed.count == limit || nothingIsLeft(at: now))
    }

    /// True where every delivery that could be claimed is.
    private func nothingIsLeft(at now: Timestamp) -> Bool {
        endpoints.filter { $0.status == .enabled }.allSatisfy { endpoint in
            let all = (deliveries[endpoint.id] ?? [:]).values
            let held = all.count { $0.isHeld(at: now) }
            let waiting = all.filter { $0.status == .pending && !$0.isHeld(at: now) }
            if endpoint.sending.isOrdered {
                let oldest = waiting.min { $0.position < $1.position }
                return held > 0 || (oldest?.due ?? .distantFuture) > now
            }
            return held >= endpoint.health.claimLimit ?? .max || waiting.allSatisfy { $0.due > now }
        }
    }

    private mutating func record() async throws {
        let now = clock.now()
        let held = endpoints.map { $0.id }.flatMap { endpoint in
            (deliveries[endpoint] ?? [:]).filter { $0.value.isHeld(at: now) }
                .sorted { $0.value.position < $1.value.position }.map { (endpoint, $0.key, $0.value) }
        }
        guard let (endpoint, event, found) = held.randomElement(using: &random), let id = found.id else {
            return
        }
        var expected = found
        let retryAt = now + .seconds(Int.random(in: 0...6, using: &random))
        let consequence: AttemptResult.Consequence =
            [.delivered, .retry(at: retryAt), .exhausted].randomElement(using: &random) ?? .delivered
        expected.attempts += 1
        try await store.record([
            AttemptResult(attempt: .make(delivery: id, number: expected.attempts), consequence: consequence)
        ]) { endpoint, _ in EndpointReview(endpoint: endpoint) }
        switch consequence {
        case .delivered: expected.status = .delivered
        case .retry(let moment): if !expected.isResent { expected.due = moment }
        case .exhausted: if !expected.isResent { expected.status = .exhausted }
        }
        expected.heldUntil = nil
        deliveries[endpoint]?[event] = expected
    }

    private mutating func resend() async throws {
        let now = clock.now()
        guard let endpoint = endpoints.randomElement(using: &random),
            let (event, found) = (deliveries[endpoint.id] ?? [:]).filter({ $0.value.id != nil })
                .sorted(by: { $0.value.position < $1.value.position }).randomElement(using: &random),
            let id = found.id
        else { return }
        #expect(try await store.resend(id, of: account.id, now: now)?.status == .pending)
        var expected = found
        expected.status = .pending
        expected.due = now
        expected.isResent = expected.isHeld(at: now)
        deliveries[endpoint.id]?[event] = expected
    }

    private mutating func recover() async throws {
        let now = clock.now()
        guard let endpoint = endpoints.randomElement(using: &random),
            let scope = [RecoveryQuery.Scope.failed, .missing, .all].randomElement(using: &random)
        else { return }
        var count = 0
        for (index, event) in events.enumerated() {
            let found = deliveries[endpoint.id]?[event]
            let isSent =
                switch found?.status {
                case .exhausted: true
                case .delivered: scope == .all
                case .pending: false
                case nil: scope != .failed
                }
            guard isSent else { continue }
            var expected = found ?? Expected(position: index + 1, due: now)
            expected.status = .pending
            expected.due = now
            deliveries[endpoint.id]?[event] = expected
            count += 1
        }
        let query = RecoveryQuery(
            endpoint: endpoint.id, account: account.id, scope: scope, since: .noon, until: now)
        #expect(try await store.recover(query, now: now) == count)
    }

    private mutating func changeStatus() async throws {
        let index = Int.random(in: endpoints.indices, using: &random)
        endpoints[index].status = Endpoint.Status.allCases.randomElement(using: &random) ?? .enabled
        if index == 0 { endpoints[index].sending.isOrdered = Bool.random(using: &random) }
        #expect(try await store.update(endpoints[index]))
    }

    /// The process ends with everything that it holds.
    private mutating func crash() async throws {
        await store.close()
        store = try SQLiteStore.open(folder: folder.path, clock: clock)
        for (endpoint, all) in deliveries {
            for event in all.keys { deliveries[endpoint]?[event]?.heldUntil = nil }
        }
    }

    /// Delivers all that is pending and compares every delivery with the model.
    mutating func drain() async throws {
        for index in endpoints.indices {
            endpoints[index].status = .enabled
            #expect(try await store.update(endpoints[index]))
        }
        clock.advance(by: .seconds(60))
        while case let now = clock.now(),
            case let claimed = try await store.claimDeliveries(
                limit: 50, busy: [], leaseUntil: now + Self.lease, now: now), !claimed.isEmpty
        {
            try await store.record(claimed.map { .make($0.delivery, .delivered) })
            for due in claimed {
                guard case .endpoint(let endpoint, _) = due.destination else { continue }
                deliveries[endpoint.id]?[due.event.id]?.status = .delivered
                deliveries[endpoint.id]?[due.event.id]?.attempts += 1
            }
        }
        for endpoint in endpoints {
            let all = deliveries[endpoint.id] ?? [:]
            var query = DeliveryQuery(account: account.id, target: .endpoint(endpoint.id), limit: 100)
            var found: [Delivery] = []
            repeat {
                let page = try await store.deliveries(query)
                found += page.items
                query.cursor = page.next
            } while query.cursor != nil
            #expect(found.count == all.count)
            for delivery in found {
                let expected = all[delivery.event]
                #expect(delivery.status == expected?.status && delivery.status != .pending)
                #expect(delivery.attempts == expected?.attempts)
            }
        }
    }
}

extension Timestamp {
    fileprivate static let distantFuture = Timestamp(microseconds: .max)
}
