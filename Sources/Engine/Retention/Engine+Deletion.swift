package import Persistence
package import ThumbwireKit

extension Engine {
    package var storage: StorageGuard { services.storage }

    package func delete(
        _ id: JobID, of account: AccountID, dropsDeliveries: Bool
    ) async throws -> JobErasure {
        let erasure = try await services.store.eraseJob(id, of: account, dropsDeliveries: dropsDeliveries)
        guard case .erased(let contents) = erasure else { return erasure }
        do throws(StoreError) {
            _ = try await services.artifacts.remove(contents, named: services.namedContents)
        } catch {
            // No link leads to them any more; the janitor finds them.
            services.log(
                .error, "files of a deleted job stay for now",
                ["job": .string(id.rawValue), "error": .string("\(error)")])
        }
        return erasure
    }
}

extension StorageGuard {
    /// Throws `storage_full` while there is no room for anything new.
    package func requireRoom() throws(Failure) {
        guard let shortage else { return }
        let reason =
            switch shortage {
            case .disk: "the disk of this service is nearly full"
            case .data: "this service stores as much as it may"
            }
        throw Failure(
            .unavailable, code: "storage_full",
            message: "\(reason); nothing new is accepted until there is room",
            retryAfter: .seconds(30))
    }
}
