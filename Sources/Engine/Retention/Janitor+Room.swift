internal import Persistence
internal import ThumbwireKit

extension Janitor {
    /// Removes pictures of ended jobs before their time, oldest first, where the store and its files take more than the
    /// limit, until they take nine tenths of it. While that does not bring them below the limit, nothing new is
    /// accepted.
    func makeRoom(below limit: Int64) async throws -> JSONObject {
        let before = try await services.store.storedBytes()
        guard before.total > limit else {
            services.storage.noteExceeded(limitBytes: nil)
            return [:]
        }
        let excess = before.total - limit / 10 * 9
        let (store, limits) = (services.store, configuration)
        let prune = { @Sendable (place: Int64) async throws(StoreError) in
            try await store.pruneOldestArtifacts(after: place, limit: limits.jobsAtOnce)
        }
        let removed = try await each(until: excess, prune)
        let after = try await services.store.storedBytes()
        let isExceeded = after.total > limit
        services.storage.noteExceeded(limitBytes: isExceeded ? limit : nil)
        services.log(
            .warning,
            isExceeded
                ? "the data folder is at its limit and no ended job has pictures left: nothing new is accepted"
                : "pictures were removed before their time: the data folder was at its limit",
            [
                "limitBytes": .integer(limit), "databaseBytes": .integer(after.database),
                "artifactBytes": .integer(after.artifacts), "files": .integer(Int64(removed.count)),
                "freedBytes": .integer(removed.freedBytes),
            ])
        return [:]
    }
}
