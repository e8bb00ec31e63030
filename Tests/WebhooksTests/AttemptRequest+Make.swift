import Signing
import TestSupport
import ThumbwireKit

@testable import Webhooks

extension AttemptRequest {
    /// With the usual limits and, unless the test has some, new service keys.
    init(sealer: Sealer, keys: ServiceKeys? = nil) throws {
        self.init(
            sealer: sealer, keys: try keys ?? .make(sealer: sealer),
            configuration: Dispatcher.Configuration())
    }
}

extension ServiceKeys {
    /// New keys that cannot be rotated: their folder is gone.
    static func make(sealer: Sealer, now: Timestamp = Timestamp(microseconds: 0)) throws -> ServiceKeys {
        let folder = try TemporaryFolder()
        return try withExtendedLifetime(folder) {
            try open(path: folder.path + "/webhook.keys", sealer: sealer, now: now)
        }
    }
}
