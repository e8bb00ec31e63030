import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

/// What cannot be read is given up and noted; the rest goes on.
@Suite struct DamagedDeliveryTests {
    static let damages: [StaticString] = [
        "UPDATE endpoints SET record = '{' WHERE number = 1",
        "UPDATE endpoints SET record = '{\"v\":9}', has_filters = 1 WHERE number = 1",
        "UPDATE endpoints SET events = 'thumbnail.queued,nonsense' WHERE number = 1",
        "UPDATE events SET type = 'nonsense' WHERE position = (SELECT event FROM deliveries WHERE number = 1)",
    ]

    @Test(arguments: damages.indices)
    func `a damaged row ends its own deliveries and no others`(index: Int) async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        try await store.insert(.make(account: account.id, events: [.queued]), secret: .make())
        try await store.acceptJob(.make(account: account.id))
        let sound = Endpoint.make(account: account.id, events: [.queued])
        try await store.insert(sound, secret: .make())
        try await store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(Self.damages[index])
        }
        let next = try await store.acceptJob(.make(account: account.id))

        let claimed = try await store.claimAtNoon().filter { $0.delivery.target == .endpoint(sound.id) }
        let attempts = try await store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.all(
                "SELECT a.error_code, d.status FROM attempts a JOIN deliveries d ON d.number = a.delivery"
            ) { "\($0.text(0)) \($0.text(1))" }
        }
        let due = try await store.nextDeliveryDue()
        await store.close()

        #expect(claimed.map { $0.event.job } == [next.id])
        #expect(!attempts.isEmpty)
        #expect(Set(attempts) == ["record_damaged exhausted"])
        #expect(due == nil)
    }

    @Test func `a callback whose destination is gone is given up`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        let job = try await store.acceptJob(.make(account: account.id, callbackEvents: [.queued]))
        try await store.writer.perform { transaction throws(StoreError) in
            try transaction.connection.run("DELETE FROM callbacks")
        }

        let claimed = try await store.claimAtNoon()
        let delivery = try requireOne(
            try await store.deliveries(DeliveryQuery(account: account.id, target: .callback(job.id))).items)
        let attempt = try requireOne(try await store.attempts(of: delivery.id))
        await store.close()

        #expect(claimed.isEmpty)
        #expect(delivery.status == .exhausted)
        #expect(
            attempt.outcome
                == .unanswered(code: "record_damaged", message: "the callback of job \(job.id) is gone"))
    }

    @Test func `what a deletion had not given up is given up at the next start`() async throws {
        let folder = try TemporaryFolder()
        let first = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await first.insert(account, callbackSecret: .make())
        let endpoint = Endpoint.make(account: account.id, events: [.queued])
        let sound = Endpoint.make(account: account.id, events: [.queued])
        for endpoint in [endpoint, sound] { try await first.insert(endpoint, secret: .make()) }
        try await first.emit((0..<1_100).map { _ in .make(.queued, account: account.id) })
        _ = try await first.writer.perform { transaction throws(StoreError) in
            try transaction.deleteEndpoint(endpoint.id, of: account.id)
        }
        await first.close()

        let second = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let left = try await second.deliveries(
            DeliveryQuery(account: account.id, target: .endpoint(endpoint.id), status: .pending))
        let kept = try await second.claimAtNoon(limit: 2_000)
        await second.close()

        #expect(left.items.isEmpty)
        #expect(kept.count == 1_100)
    }
}
