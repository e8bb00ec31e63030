import Foundation
import Persistence
import SQLiteStore
import TestSupport
import ThumbwireKit

/// Measures what the store's part in deliveries costs beside a backlog: claims of 64, the look for the next one,
/// records of 64, and an event for 1000 endpoints.
///
/// Usage: `delivery-bench [BACKLOG [FOLDER]]`. Times are medians and worst of 50, each with its own commit; `ping` is a
/// commit alone.
@main struct DeliveryBench {
    private static let rounds = 50

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let count = arguments.first.flatMap { Int($0) } ?? 1_000_000
        let folder = arguments.dropFirst().first ?? NSTemporaryDirectory()
        print("milliseconds, median and worst of \(rounds), beside \(count) deliveries that are")
        for backlog in Backlog.all {
            try await measure(backlog, count, folder)
        }
        try await measureFanOut(folder)
    }

    private static func measure(_ backlog: Backlog, _ count: Int, _ folder: String) async throws {
        try await withStore(in: folder) { store, account in
            try await backlog.fill(store, account, count)
            try await store.insert(Endpoint.make(account: account, events: [.queued]), secret: .make())
            var times: [String: [Duration]] = [:]
            for _ in 0..<rounds {
                try await store.emit(64, .queued, of: account)
                times["ping", default: []].append(try await time { try await store.ping() }.took)
                times["next", default: []].append(try await time { try await store.nextDeliveryDue() }.took)
                let claim = try await time { try await store.claim(64) }
                times["claim", default: []].append(claim.took)
                guard claim.value.count == 64 else { fatalError("claimed \(claim.value.count)") }
                let results = claim.value.map(\.delivered)
                times["record", default: []].append(try await time { try await store.record(results) }.took)
            }
            print(backlog.name)
            for name in ["ping", "next", "claim", "record"] { show(name, times[name] ?? []) }
        }
    }

    private static func measureFanOut(_ folder: String) async throws {
        try await withStore(in: folder) { store, account in
            for _ in 0..<1_000 {
                try await store.insert(Endpoint.make(account: account, events: [.queued]), secret: .make())
            }
            var times: [Duration] = []
            for _ in 0..<rounds {
                times.append(try await time { try await store.emit(1, .queued, of: account) }.took)
            }
            print("an event for 1000 endpoints")
            show("emit", times)
        }
    }

    private static func withStore(
        in parent: String, _ body: (SQLiteStore, AccountID) async throws -> Void
    ) async throws {
        let folder = URL(fileURLWithPath: parent).appending(path: "delivery-bench-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteStore.open(folder: folder.path, clock: ManualClock())
        let account = Account.make()
        try await store.insert(account, callbackSecret: .make())
        try await body(store, account.id)
        await store.close()
    }

    private static func time<Value>(
        _ body: () async throws -> Value
    ) async throws -> (value: Value, took: Duration) {
        let start = ContinuousClock.now
        let value = try await body()
        return (value, ContinuousClock.now - start)
    }

    private static func show(_ name: String, _ times: [Duration]) {
        let sorted = times.map {
            Double($0.components.attoseconds) / 1e15 + Double($0.components.seconds) * 1e3
        }
        .sorted()
        guard let worst = sorted.last else { return }
        print(String(format: "  %-8@ %8.2f %8.2f", name as NSString, sorted[sorted.count / 2], worst))
    }
}
