import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

/// A claim looks at the endpoints whose turn it is: at none for which something waits that may not be claimed.
@Suite struct TurnTests {
    @Test(arguments: HeldUp.allCases)
    func `what may not be claimed has no turn`(reason: HeldUp) async throws {
        try await withEndpoint { store, endpoint in
            try await reason.hold(endpoint, in: store)

            let claimed = try await store.claimAtNoon()
            let turns = try await store.turns(until: .noon)

            #expect(claimed.isEmpty)
            #expect(turns.isEmpty)
            #expect(try await store.nextDeliveryDue() == reason.next)
        }
    }

    @Test(arguments: HeldUp.allCases)
    func `what waits is claimed once nothing holds it up`(reason: HeldUp) async throws {
        try await withEndpoint { store, endpoint in
            try await reason.hold(endpoint, in: store)
            _ = try await store.claimAtNoon()
            #expect(try await store.update(endpoint))

            let claimed = try await store.claimAtNoon()

            #expect(claimed.count == reason.waiting)
            #expect(try await store.turns(until: .noon).isEmpty)
        }
    }

    @Test func `a lease that is over gives its endpoint a turn`() async throws {
        try await withEndpoint { store, endpoint in
            try await HeldUp.full.hold(endpoint, in: store)
            #expect(try await store.claimAtNoon().isEmpty)

            let later = try await store.claimAtNoon(now: .noon + .seconds(61))

            #expect(later.count == 1)
        }
    }

    @Test func `the turns of every endpoint are found at a start`() async throws {
        let folder = try TemporaryFolder()
        let first = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await first.insert(account, callbackSecret: .make())
        for _ in 0..<3 {
            try await first.insert(Endpoint.make(account: account.id, events: [.queued]), secret: .make())
        }
        try await first.emit([.make(.queued, account: account.id), .make(.queued, account: account.id)])
        _ = try await first.claimAtNoon(limit: 4)
        await first.close()

        let second = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let claimed = try await second.claimAtNoon()
        await second.close()

        #expect(claimed.count == 6)
    }

    @Test func `what rested counts from the end of its rest`() async throws {
        try await withEndpoint { store, endpoint in
            var rested = endpoint
            rested.health.restsUntil = .noon + .seconds(5)
            #expect(try await store.update(rested))
            let other = Endpoint.make(account: endpoint.account, events: [.failed])
            try await store.insert(other, secret: .make())
            try await store.emit([.make(.queued, account: endpoint.account)])
            try await store.emit([
                .make(.failed, account: endpoint.account, occurredAt: .noon + .seconds(4))
            ])

            let first = try requireOne(try await store.claimAtNoon(limit: 1, now: .noon + .seconds(6)))
            let second = try requireOne(try await store.claimAtNoon(limit: 1, now: .noon + .seconds(6)))

            #expect(first.delivery.target == .endpoint(other.id))
            #expect(second.delivery.target == .endpoint(endpoint.id))
        }
    }

    @Test func `the oldest of many endpoints are claimed first, in turn`() async throws {
        try await withEndpoint { store, endpoint in
            for _ in 1..<20 {
                try await store.insert(
                    Endpoint.make(account: endpoint.account, events: [.queued]), secret: .make())
            }
            for age in (1...10).reversed() {
                try await store.emit([
                    .make(.queued, account: endpoint.account, occurredAt: .noon - .seconds(age))
                ])
            }

            var dues: [Timestamp?] = []
            for _ in 0..<8 {
                dues += try await store.claimAtNoon(limit: 25).map { $0.delivery.nextAttemptAt }
            }

            #expect(dues == (1...10).reversed().flatMap { Array(repeating: .noon - .seconds($0), count: 20) })
        }
    }

    private func withEndpoint(_ test: (SQLiteStore, Endpoint) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let endpoint = Endpoint.make(account: account.id, events: [.queued])
        try await store.insert(endpoint, secret: .make())
        try await test(store, endpoint)
        await store.close()
    }
}

/// Why deliveries of an endpoint wait that are due.
enum HeldUp: CaseIterable {
    case paused, disabled, resting, full, orderedBehindHeld, orderedBehindResting

    /// Of three deliveries.
    var waiting: Int {
        switch self {
        case .paused, .disabled, .resting: 3
        case .full, .orderedBehindHeld: 2
        case .orderedBehindResting: 2
        }
    }

    var next: Timestamp? {
        switch self {
        case .resting, .orderedBehindResting: .noon + .seconds(60)
        default: nil
        }
    }

    func hold(_ endpoint: Endpoint, in store: SQLiteStore) async throws {
        var held = endpoint
        held.sending.isOrdered = self == .orderedBehindHeld || self == .orderedBehindResting
        if self == .full { held.health.claimLimit = 1 }
        _ = try await store.update(held)
        for _ in 0..<3 { try await store.emit([.make(.queued, account: endpoint.account)]) }
        switch self {
        case .paused: held.status = .paused
        case .disabled: held.status = .disabled
        case .resting: held.health.restsUntil = .noon + .seconds(60)
        case .full, .orderedBehindHeld: _ = try await store.claimAtNoon()
        case .orderedBehindResting:
            let first = try requireOne(try await store.claimAtNoon())
            try await store.record([.make(first.delivery, .retry(at: .noon + .seconds(60)))])
        }
        _ = try await store.update(held)
    }
}

extension SQLiteStore {
    /// How many endpoints a claim would look at.
    fileprivate func turns(until moment: Timestamp) async throws -> [EndpointID] {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.all(TurnSQL.due, moment) { $0.identifier(0) }
        }
    }
}
