package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    /// Jobs and deliveries come in about the order in which they grow old: behind so many in a row that are too young,
    /// nothing is looked for.
    private static let youngInARow = 1_000

    package func eraseJob(
        _ id: JobID, of account: AccountID, dropsDeliveries: Bool
    ) async throws(StoreError) -> JobErasure {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.eraseJob(id, of: account, dropsDeliveries: dropsDeliveries)
        }
    }

    package func pruneJobs(
        endedBefore moment: Timestamp, after place: Int64, limit: Int
    ) async throws(StoreError) -> PrunedBatch {
        let old = try await readers.perform { connection throws(StoreError) in
            var old = OldRows(limit: limit, patience: Self.youngInARow)
            try connection.each(RetentionSQL.oldestJobs, place, moment) { row throws(StoreError) in
                let (isLive, isOld, isFree) = (row.bool(1), row.bool(2), row.bool(3))
                return old.take(row.integer(0), isChosen: isOld && isFree, isYoung: !isLive && !isOld)
            }
            return old
        }
        guard !old.numbers.isEmpty else { return PrunedBatch(count: 0, next: old.next) }
        let (count, contents) = try await writer.perform { transaction throws(StoreError) in
            try transaction.eraseJobs(old.numbers)
        }
        return PrunedBatch(count: count, contents: contents, next: old.next)
    }

    package func pruneEvents(before moment: Timestamp, limit: Int) async throws(StoreError) -> PrunedBatch {
        let count = try await writer.perform { transaction throws(StoreError) in
            try transaction.deleteEvents(before: moment, limit: limit)
        }
        return PrunedBatch(count: count, next: count == limit ? 0 : nil)
    }

    package func pruneDeliveries(
        madeBefore moment: Timestamp, after place: Int64, limit: Int
    ) async throws(StoreError) -> PrunedBatch {
        let old = try await readers.perform { connection throws(StoreError) in
            var old = OldRows(limit: limit, patience: Self.youngInARow)
            try connection.each(RetentionSQL.oldestDeliveries, place, moment) { row throws(StoreError) in
                let (isOld, hasEnded) = (row.bool(1), row.bool(2))
                return old.take(row.integer(0), isChosen: isOld && hasEnded, isYoung: !isOld)
            }
            return old
        }
        guard !old.numbers.isEmpty else { return PrunedBatch(count: 0, next: old.next) }
        let count = try await writer.perform { transaction throws(StoreError) in
            try transaction.deleteDeliveries(old.numbers)
        }
        return PrunedBatch(count: count, next: old.next)
    }

    package func pruneExpiredArtifacts(now: Timestamp, limit: Int) async throws(StoreError) -> PrunedBatch {
        let contents = try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.all(RetentionSQL.expiredArtifacts, now, limit) { $0.text(0) }
        }
        return PrunedBatch(
            count: contents.count, contents: contents, next: contents.count == limit ? 0 : nil)
    }

    package func pruneOldestArtifacts(
        after place: Int64, limit: Int
    ) async throws(StoreError) -> PrunedBatch {
        let oldest = try await readers.perform { connection throws(StoreError) in
            try connection.all(RetentionSQL.oldestArtifacts, place, limit) {
                (number: $0.integer(0), id: $0.identifier(1) as ArtifactID)
            }
        }
        let contents = try await writer.perform { transaction throws(StoreError) in
            var contents: [String] = []
            for artifact in oldest {
                contents += try transaction.connection.all(RetentionSQL.artifactOfEndedJob, artifact.id) {
                    $0.text(0)
                }
            }
            return contents
        }
        return PrunedBatch(
            count: contents.count, contents: contents,
            next: oldest.count == limit ? oldest.last?.number : nil)
    }

    package func namedContents(among contents: [String]) async throws(StoreError) -> Set<String> {
        try await readers.perform { connection throws(StoreError) in
            var named: Set<String> = []
            for content in contents {
                if try connection.first(RetentionSQL.content, content, read: { _ in true }) == true {
                    named.insert(content)
                }
            }
            return named
        }
    }

    package func storedBytes() async throws(StoreError) -> StoredBytes {
        try await readers.perform { connection throws(StoreError) in
            StoredBytes(
                database: try connection.first(RetentionSQL.databaseBytes) { $0.integer(0) } ?? 0,
                artifacts: try connection.first(RetentionSQL.contentBytes) { $0.integer(0) } ?? 0)
        }
    }
}

/// The rows to prune next, of a list that is read from the front.
private struct OldRows: Sendable {
    let limit: Int
    /// After so many in a row that are too young the list is at its end.
    let patience: Int
    private(set) var numbers: [Int64] = []
    /// Where the next step begins; `nil` at the end.
    private(set) var next: Int64?
    private var youngInARow = 0

    init(limit: Int, patience: Int) {
        self.limit = limit
        self.patience = patience
    }

    /// False when no further row is wanted.
    mutating func take(_ number: Int64, isChosen: Bool, isYoung: Bool) -> Bool {
        youngInARow = isYoung ? youngInARow + 1 : 0
        if isChosen { numbers.append(number) }
        next = numbers.count == limit ? number : nil
        return next == nil && youngInARow < patience
    }
}
