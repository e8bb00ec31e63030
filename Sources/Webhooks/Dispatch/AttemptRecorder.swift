internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// Writes attempts to the store in batches: while one batch is written, the next one gathers.
final class AttemptRecorder: Sendable {
    private static let pause: Duration = .seconds(1)

    private let store: any Store
    private let limit: Int
    private let log: Log
    private let results = Mutex<[AttemptResult]>([])
    private let wakeup = Wakeup()

    /// With `limit` results unwritten, nothing more should be claimed.
    init(store: any Store, limit: Int, log: Log) {
        self.store = store
        self.limit = limit
        self.log = log
    }

    var isFull: Bool { results.withLock { $0.count >= limit } }

    func add(_ result: AttemptResult) {
        results.withLock { $0.append(result) }
        wakeup.wake()
    }

    /// Writes what is added until the task is cancelled, and says after each batch whose results it had.
    func run(didWrite: @Sendable ([DeliveryID]) -> Void) async {
        while !Task.isCancelled {
            await wakeup.wait()
            if let written = await flush() {
                didWrite(written)
            } else {
                try? await Task.sleep(for: Self.pause)
                wakeup.wake()
            }
        }
    }

    /// Writes what is there and returns whose results it was. When the store cannot write, the results stay, and it
    /// returns `nil`; what the store refuses for itself is dropped, so that it holds up nothing else.
    @discardableResult
    func flush() async -> [DeliveryID]? {
        let batch = results.withLock { results in
            defer { results = [] }
            return results
        }
        let ids = batch.map { $0.attempt.delivery }
        guard !batch.isEmpty else { return ids }
        do throws(StoreError) {
            try await store.record(batch)
            return ids
        } catch {
            log(
                .error, "webhook attempts not written",
                ["count": .integer(Int64(batch.count)), "error": .string("\(error)")])
            return await settle(batch, after: error) ? ids : nil
        }
    }

    /// False when the batch is to be written again later.
    private func settle(_ batch: [AttemptResult], after error: StoreError) async -> Bool {
        switch error {
        case .cannotWrite, .database:
            results.withLock { $0.insert(contentsOf: batch, at: 0) }
            return false
        case .closed: return true
        case .conflict, .missing, .illegalTransition:
            guard batch.count > 1 else { return true }
            for result in batch {
                try? await store.record([result])
            }
            return true
        }
    }
}
