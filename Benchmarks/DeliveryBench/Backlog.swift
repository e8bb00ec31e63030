import Persistence
import SQLiteStore
import TestSupport
import ThumbwireKit

/// What waits, or is over, while deliveries are claimed and recorded.
struct Backlog {
    let name: String
    /// Fills a store that has the account and a busy endpoint, which asks for `queued` only.
    let fill: @Sendable (any Store, AccountID, Int) async throws -> Void

    static let all = [
        Backlog(name: "nothing else") { _, _, _ in },
        Backlog(name: "waiting for one paused endpoint") { store, account, count in
            try await store.insertEndpoint(of: account) { $0.status = .paused }
            try await store.emit(count, .completed, of: account)
        },
        Backlog(name: "waiting for one resting endpoint") { store, account, count in
            try await store.insertEndpoint(of: account) { $0.health.restsUntil = .noon + .seconds(3_600) }
            try await store.emit(count, .completed, of: account)
        },
        Backlog(name: "waiting for one black hole, 8 held") { store, account, count in
            try await store.insertEndpoint(of: account) { $0.health.claimLimit = 8 }
            try await store.emit(count, .completed, of: account)
            _ = try await store.claim(64)
        },
        Backlog(name: "waiting for 1000 endpoints, all resting") { store, account, count in
            for _ in 0..<1_000 {
                try await store.insertEndpoint(of: account) { $0.health.restsUntil = .noon + .seconds(3_600) }
            }
            try await store.emit(count / 1_000, .completed, of: account)
        },
        Backlog(name: "waiting for 1000 endpoints, half resting") { store, account, count in
            for number in 0..<1_000 {
                try await store.insertEndpoint(of: account) {
                    $0.health.restsUntil = number % 2 == 0 ? .noon + .seconds(3_600) : nil
                }
            }
            try await store.emit(count / 1_000, .completed, of: account)
        },
        Backlog(name: "waiting for 1000 black holes, 1 held each") { store, account, count in
            for _ in 0..<1_000 {
                try await store.insertEndpoint(of: account) { $0.health.claimLimit = 1 }
            }
            try await store.emit(count / 1_000, .completed, of: account)
            _ = try await store.claim(1_000)
        },
        Backlog(name: "delivered before") { store, account, count in
            try await store.insertEndpoint(of: account) { _ in }
            try await store.emit(count, .completed, of: account)
            while case let claimed = try await store.claim(1_000), !claimed.isEmpty {
                try await store.record(claimed.map(\.delivered))
            }
        },
    ]
}

extension Store {
    /// An endpoint that asks for `completed`.
    fileprivate func insertEndpoint(
        of account: AccountID, _ change: (inout Endpoint) -> Void
    ) async throws {
        var endpoint = Endpoint.make(account: account, events: [.completed])
        change(&endpoint)
        try await insert(endpoint, secret: .make())
    }

    func emit(_ count: Int, _ type: EventType, of account: AccountID) async throws {
        for start in stride(from: 0, to: count, by: 1_000) {
            try await emit((start..<min(start + 1_000, count)).map { _ in .make(type, account: account) })
        }
    }

    func claim(_ limit: Int) async throws -> [DueDelivery] {
        try await claimDeliveries(limit: limit, busy: [], leaseUntil: .noon + .seconds(60), now: .noon)
    }
}

extension DueDelivery {
    var delivered: AttemptResult {
        AttemptResult(
            attempt: .make(delivery: delivery.id, number: delivery.attempts + 1), consequence: .delivered)
    }
}
