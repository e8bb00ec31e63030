/// What one small step of pruning did.
package struct PrunedBatch: Hashable, Sendable {
    /// How many jobs, deliveries, events or files went.
    package var count: Int
    /// SHA-256 of files whose row went; another row may still name them.
    package var contents: [String]
    /// Where the next step begins; `nil` when there is nothing more to prune.
    package var next: Int64?

    package init(count: Int, contents: [String] = [], next: Int64?) {
        self.count = count
        self.contents = contents
        self.next = next
    }
}

/// What deleting a job came to.
package enum JobErasure: Hashable, Sendable {
    /// Nothing of it is left but its lines in the ledger.
    case erased(contents: [String])
    /// It runs, or its provider still works on it.
    case unfinished
    /// Events of it are still being delivered.
    case delivering
    case notFound
}

/// How much the store and the files that it names take.
package struct StoredBytes: Hashable, Sendable {
    /// Pages of the database that are in use; free ones are used again before the file grows.
    package var database: Int64
    /// Files that rows name, each content once.
    package var artifacts: Int64

    package var total: Int64 { database + artifacts }

    package init(database: Int64, artifacts: Int64) {
        self.database = database
        self.artifacts = artifacts
    }
}
