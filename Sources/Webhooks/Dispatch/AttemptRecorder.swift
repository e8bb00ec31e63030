internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// Writes attempts to the store in batches: while one batch is written, the next one gathers.
final class AttemptRecorder: Sendable {
    /// What a batch came to.
    struct Written: Sendable {
        var deliveries: [DeliveryID] = []
        /// Endpoints of the batch as they stand now.
        var endpoints: [Endpoint] = []
        /// Endpoints of the batch that are not there any more.
        var goneEndpoints: [EndpointID] = []
    }

    private static let pause: Duration = .seconds(1)
    /// A batch of this many says that results come faster than they can be written one by one.
    private static let manyResults = 16
    private static let longestGathering: Duration = .milliseconds(50)

    private let store: any Store
    private let limit: Int
    private let reviewer: EndpointReviewer
    private let log: Log
    private let judgements = Mutex<[Judgement]>([])
    private let wakeup = Wakeup()

    /// With `limit` results unwritten, nothing more should be claimed or begun.
    init(store: any Store, limit: Int, reviewer: EndpointReviewer, log: Log) {
        self.store = store
        self.limit = limit
        self.reviewer = reviewer
        self.log = log
    }

    var isFull: Bool { judgements.withLock { $0.count >= limit } }

    func add(_ judgement: Judgement) {
        judgements.withLock { $0.append(judgement) }
        wakeup.wake()
    }

    /// Writes what is added until the task is cancelled, and says after each batch what came of it.
    ///
    /// A batch after a large one gathers for as long as that took to write: a commit costs as much as dozens of results.
    func run(didWrite: @Sendable (Written) -> Void) async {
        var gathering = Duration.zero
        while !Task.isCancelled {
            await wakeup.wait()
            if gathering > .zero { try? await Task.sleep(for: gathering) }
            let begun = ContinuousClock.now
            if let written = await flush() {
                let isBusy = written.deliveries.count >= Self.manyResults
                gathering = isBusy ? min(.now - begun, Self.longestGathering) : .zero
                didWrite(written)
            } else {
                try? await Task.sleep(for: Self.pause)
                wakeup.wake()
            }
        }
    }

    /// Writes what is there. When the store cannot write, the results stay, and it returns `nil`; what the store refuses
    /// for itself is dropped, so that it holds up nothing else.
    @discardableResult
    func flush() async -> Written? {
        let batch = judgements.withLock { judgements in
            defer { judgements = [] }
            return judgements
        }
        guard !batch.isEmpty else { return Written() }
        do throws(StoreError) {
            var written = try await record(batch)
            written.deliveries = batch.map { $0.result.attempt.delivery }
            return written
        } catch {
            log(
                .error, "webhook attempts not written",
                ["count": .integer(Int64(batch.count)), "error": .string("\(error)")])
            return await settle(batch, after: error)
        }
    }

    private func record(_ batch: [Judgement]) async throws(StoreError) -> Written {
        let review = BatchReview(batch, reviewer: reviewer)
        try await store.record(batch.map(\.result)) { review.review($0, $1) }
        let outcomes = review.outcomes
        for outcome in outcomes.values where !outcome.changes.isEmpty { reviewer.log(outcome) }
        let asked = Set(batch.compactMap { $0.target.endpoint })
        return Written(
            endpoints: outcomes.values.map(\.endpoint),
            goneEndpoints: asked.filter { outcomes[$0] == nil })
    }

    /// `nil` when the batch is to be written again later.
    private func settle(_ batch: [Judgement], after error: StoreError) async -> Written? {
        var settled = Written(deliveries: batch.map { $0.result.attempt.delivery })
        switch error {
        case .cannotWrite, .database:
            judgements.withLock { $0.insert(contentsOf: batch, at: 0) }
            return nil
        case .closed: break
        case .conflict, .missing, .repeated, .keyReused, .illegalTransition:
            guard batch.count > 1 else { break }
            for judgement in batch {
                guard let written = try? await record([judgement]) else { continue }
                settled.endpoints += written.endpoints
            }
        }
        return settled
    }
}

extension Delivery.Target {
    /// `nil` for a callback.
    var endpoint: EndpointID? {
        if case .endpoint(let id) = self { id } else { nil }
    }
}
