internal import Persistence
internal import ThumbwireKit

/// Removes what has been kept long enough, in small steps with pauses between them, so that writers are not held up.
package final class Janitor: Sendable {
    package struct Configuration: Sendable {
        /// Jobs of one commit, with all that belongs to them.
        package var jobsAtOnce = 32
        /// Rows of one commit where a row is one thing.
        package var rowsAtOnce = 256
        /// Between two commits; others write in it.
        package var pause = Duration.milliseconds(20)
        /// How often files' ends and the limit of the data folder are looked at.
        package var interval = Duration.seconds(60)
        /// How often jobs, deliveries and events are looked at, unless they are kept for less than a day.
        package var historyInterval = Duration.seconds(3_600)
        package var orphanInterval = Duration.seconds(86_400)
        /// Files that nothing names are left alone for so long.
        package var orphanAge = Duration.seconds(3_600)

        package init() {}
    }

    /// Something done again and again.
    struct Chore: Sendable {
        var name: String
        var interval: Duration
        /// Returns what it did, for the log; empty for nothing.
        var run: @Sendable () async throws -> JSONObject
    }

    let services: EngineServices
    let policy: RetentionPolicy
    let configuration: Configuration

    package init(
        services: EngineServices, policy: RetentionPolicy, configuration: Configuration = Configuration()
    ) {
        self.services = services
        self.policy = policy
        self.configuration = configuration
    }

    /// Does every chore at once and then whenever it is due, until the task is cancelled.
    package func run() async {
        let chores = chores
        var due = chores.map { _ in services.clock.now() }
        while !Task.isCancelled {
            for (index, chore) in chores.enumerated() where due[index] <= services.clock.now() {
                await perform(chore)
                due[index] = services.clock.now() + chore.interval
            }
            // A clock that was set back puts nothing off.
            let now = services.clock.now()
            for (index, chore) in chores.enumerated() { due[index] = min(due[index], now + chore.interval) }
            let next = due.min() ?? .distantFuture
            guard (try? await services.clock.sleep(until: next)) != nil else { return }
        }
    }

    /// Does every chore once.
    package func runOnce() async {
        for chore in chores { await perform(chore) }
    }

    /// In this order: what makes room comes before the look at how much there is.
    var chores: [Chore] {
        var chores: [Chore] = []
        if let life = policy.jobs {
            chores.append(
                Chore(name: "jobs", interval: historyInterval(life)) { try await self.pruneJobs(life) })
        }
        if let life = policy.deliveries {
            chores.append(
                Chore(name: "deliveries", interval: historyInterval(life)) {
                    try await self.pruneDeliveries(life)
                })
        }
        chores.append(Chore(name: "files", interval: configuration.interval) { try await self.pruneFiles() })
        chores.append(
            Chore(name: "idempotency keys", interval: configuration.historyInterval) {
                try await self.removeExpiredKeys()
            })
        if let limit = policy.maximumBytes {
            chores.append(
                Chore(name: "room", interval: configuration.interval) {
                    try await self.makeRoom(below: limit)
                })
        }
        chores.append(
            Chore(name: "orphans", interval: configuration.orphanInterval) { try await self.removeOrphans() })
        return chores
    }

    /// What is kept for a short time is looked at more often.
    private func historyInterval(_ life: Duration) -> Duration {
        min(configuration.historyInterval, max(.seconds(1), life / 24))
    }

    private func perform(_ chore: Chore) async {
        do {
            let figures = try await chore.run()
            if !figures.isEmpty { services.log(.info, "removed what was kept long enough", figures) }
        } catch is CancellationError {
            return
        } catch {
            services.log(
                .error, "removing old data failed",
                ["chore": .string(chore.name), "error": .string("\(error)")])
        }
    }

    // MARK: Chores

    private func pruneJobs(_ life: Duration) async throws -> JSONObject {
        let moment = services.clock.now() - life
        let (store, limits) = (services.store, configuration)
        let jobs = try await each { place throws(StoreError) in
            try await store.pruneJobs(endedBefore: moment, after: place, limit: limits.jobsAtOnce)
        }
        let events = try await each { _ throws(StoreError) in
            try await store.pruneEvents(before: moment, limit: limits.rowsAtOnce)
        }
        return figures([("jobs", jobs.count), ("events", events.count)], jobs.freedBytes)
    }

    private func pruneDeliveries(_ life: Duration) async throws -> JSONObject {
        let moment = services.clock.now() - life
        let (store, limits) = (services.store, configuration)
        let deliveries = try await each { place throws(StoreError) in
            try await store.pruneDeliveries(madeBefore: moment, after: place, limit: limits.rowsAtOnce)
        }
        return figures([("deliveries", deliveries.count)], 0)
    }

    private func pruneFiles() async throws -> JSONObject {
        let now = services.clock.now()
        let (store, limits) = (services.store, configuration)
        let files = try await each { _ throws(StoreError) in
            try await store.pruneExpiredArtifacts(now: now, limit: limits.rowsAtOnce)
        }
        return figures([("files", files.count)], files.freedBytes)
    }

    private func removeExpiredKeys() async throws -> JSONObject {
        let moment = services.clock.now() - IdempotencyKey.life
        let (store, limit) = (services.store, configuration.rowsAtOnce)
        let keys = try await each { place throws(StoreError) in
            let count = try await store.removeExpiredIdempotencyKeys(before: moment, limit: limit)
            return PrunedBatch(count: count, next: count < limit ? nil : place)
        }
        return figures([("idempotencyKeys", keys.count)], 0)
    }

    private func removeOrphans() async throws -> JSONObject {
        let moment = services.clock.now() - configuration.orphanAge
        let freed = try await services.artifacts.removeOrphans(
            storedBefore: moment, named: services.namedContents)
        return freed > 0 ? ["orphanBytes": .integer(freed)] : [:]
    }

    // MARK: Steps

    /// Step after step until there is nothing more, or so many bytes became free.
    func each(
        until enoughBytes: Int64 = .max,
        _ step: (Int64) async throws(StoreError) -> PrunedBatch
    ) async throws -> (count: Int, freedBytes: Int64) {
        var (count, freedBytes) = (0, Int64(0))
        var place: Int64? = 0
        while let from = place {
            try Task.checkCancellation()
            let batch = try await step(from)
            count += batch.count
            freedBytes += try await services.artifacts.remove(batch.contents, named: services.namedContents)
            place = batch.next
            if freedBytes >= enoughBytes { break }
            if place != nil, configuration.pause > .zero {
                try await services.clock.sleep(until: services.clock.now() + configuration.pause)
            }
        }
        return (count, freedBytes)
    }

    func figures(_ counts: [(String, Int)], _ freedBytes: Int64) -> JSONObject {
        var figures = JSONObject()
        for (name, count) in counts where count > 0 { figures[name] = .integer(Int64(count)) }
        if !figures.isEmpty, freedBytes > 0 { figures["freedBytes"] = .integer(freedBytes) }
        return figures
    }
}

extension EngineServices {
    /// Which contents a row names.
    var namedContents: ContentNames {
        { [store] contents async throws(StoreError) in try await store.namedContents(among: contents) }
    }
}
