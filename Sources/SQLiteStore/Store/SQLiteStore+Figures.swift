internal import Foundation
package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    package var commitAge: Duration { writer.watch.age }

    package func requestID(of job: JobID) async throws(StoreError) -> String? {
        try await readers.perform { connection throws(StoreError) in
            try connection.first(FigureSQL.requestID, job) { $0.optionalText(0) } ?? nil
        }
    }

    /// What the store holds now, for `/metrics`; without what cannot be read.
    package func readings() async -> [Reading] {
        let age = metrics.commitAge.reading(commitAge.inSeconds)
        let read = try? await readers.perform { [metrics, clock, path] connection throws(StoreError) in
            let now = clock.now()
            return try connection.jobs(metrics, now: now) + connection.deliveries(metrics)
                + connection.holdings(metrics, path: path)
        }
        return [age] + (read ?? [])
    }

    /// What only the thread that writes knows; it comes no sooner than what that thread does now is done.
    package func readingsOfWriter() async -> [Reading] {
        do throws(StoreError) {
            return [metrics.deliveryAge.reading(age(of: try await nextDeliveryDue(), clock.now()))]
        } catch {
            return []
        }
    }
}

extension Connection {
    fileprivate func jobs(_ metrics: StoreMetrics, now: Timestamp) throws(StoreError) -> [Reading] {
        let ready = try first(FigureSQL.ready, FigureSQL.countLimit) {
            (count: $0.integer(0), oldest: $0.optionalInteger(1))
        }
        let resting = try first(FigureSQL.resting, FigureSQL.countLimit) { $0.integer(0) } ?? 0
        var counts = [JobState.queued: ready?.count ?? 0, .waiting: resting, .generating: 0, .processing: 0]
        try each(FigureSQL.leased) { row throws(StoreError) in
            counts[try row.word(0), default: 0] += row.integer(1)
            return true
        }
        var due = try first(QueueSQL.firstResting) { $0.timestamp(0) }
        if let oldest = ready?.oldest {
            let moment = try first(FigureSQL.dueTime, oldest) { $0.timestamp(0) }
            due = [due, moment].compactMap { $0 }.min()
        }
        return counts.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { metrics.jobs.reading(Double($0.value), $0.key.rawValue) }
            + [metrics.queueAge.reading(age(of: due, now))]
    }

    fileprivate func deliveries(_ metrics: StoreMetrics) throws(StoreError) -> [Reading] {
        let limit = FigureSQL.countLimit
        let ofEndpoints = try first(FigureSQL.pendingOfEndpoints, limit) { $0.integer(0) } ?? 0
        let ofCallbacks = try first(FigureSQL.pendingOfCallbacks, limit) { $0.integer(0) } ?? 0
        return [
            metrics.deliveries.reading(Double(ofEndpoints), "endpoint"),
            metrics.deliveries.reading(Double(ofCallbacks), "callback"),
        ]
    }

    fileprivate func holdings(_ metrics: StoreMetrics, path: String) throws(StoreError) -> [Reading] {
        var endpoints = Dictionary(uniqueKeysWithValues: Endpoint.Status.allCases.map { ($0, Int64(0)) })
        try each(FigureSQL.endpoints) { row throws(StoreError) in
            endpoints[try row.word(0)] = row.integer(1)
            return true
        }
        let bytes = try first(FigureSQL.artifacts) { $0.integer(0) } ?? 0
        return Endpoint.Status.allCases.map {
            metrics.endpoints.reading(Double(endpoints[$0] ?? 0), $0.rawValue)
        } + [
            metrics.artifactBytes.reading(Double(bytes)),
            metrics.databaseBytes.reading(length(of: path)),
            metrics.logBytes.reading(length(of: "\(path)-wal")),
        ]
    }
}

/// For how long that has been due, in seconds.
private func age(of due: Timestamp?, _ now: Timestamp) -> Double {
    due.map { max(0, (now - $0).inSeconds) } ?? 0
}

/// Bytes; none for a file that is not there.
private func length(of path: String) -> Double {
    var status = stat()
    return stat(path, &status) == 0 ? Double(status.st_size) : 0
}
