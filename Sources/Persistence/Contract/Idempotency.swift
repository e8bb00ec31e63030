package import Signing
package import ThumbwireKit

/// A client's `Idempotency-Key` with the request that it came with. It makes one thing, and the store keeps which, for
/// a day: the same request gets that thing again, and another request under the key is refused.
package struct IdempotencyKey: Hashable, Sendable {
    /// How long a key is kept after its first use.
    package static let life = Duration.seconds(24 * 60 * 60)

    /// SHA-256 of whose key it is, where it was used, and the key itself.
    package var scope: [UInt8]
    /// SHA-256 of what the request means.
    package var request: [UInt8]
    /// When the request came.
    package var at: Timestamp

    package init(scope: [UInt8], request: [UInt8], at: Timestamp) {
        self.scope = scope
        self.request = request
        self.at = at
    }
}

/// What the first request with a key came to.
package struct KeptResource: Hashable, Sendable {
    /// The id of what was made; what else finds it again where it has none.
    package var id: String
    /// False where the request found what it asked for.
    package var isNew: Bool
    package var at: Timestamp

    package init(id: String, isNew: Bool = true, at: Timestamp) {
        self.id = id
        self.isNew = isNew
        self.at = at
    }
}

/// How a request says that it may repeat an earlier one.
package enum Repetition: Hashable, Sendable {
    /// By a key of the client's. Accepting throws ``StoreError/repeated(_:)`` then.
    case key(IdempotencyKey)
    /// By being equal. Accepting says ``Acceptance/repeats(_:)`` then.
    case equal(Fingerprint)
}

extension Store {
    /// Accepts a job that repeats no other.
    @discardableResult
    package func accept(
        _ job: Job, callback: Sealed?, event: Event
    ) async throws(StoreError) -> Acceptance {
        try await accept(job, callback: callback, event: event, repetition: nil)
    }

    package func insert(_ account: Account, callbackSecret: Sealed) async throws(StoreError) {
        try await insert(account, callbackSecret: callbackSecret, credits: 0, once: nil)
    }

    package func insert(_ key: APIKey, valueHash: [UInt8]) async throws(StoreError) {
        try await insert(key, valueHash: valueHash, once: nil)
    }

    package func grant(
        _ amount: Int, to account: AccountID, note: String?, at moment: Timestamp
    ) async throws(StoreError) -> Int {
        try await grant(amount, to: account, note: note, at: moment, once: nil)
    }

    package func insert(_ artifact: Artifact) async throws(StoreError) {
        try await insert(artifact, once: nil)
    }

    package func emit(_ event: Event, to endpoint: EndpointID) async throws(StoreError) {
        try await emit(event, to: endpoint, once: nil)
    }

    package func insertUnlessPresent(
        _ new: StoredEndpoint, now: Timestamp
    ) async throws(StoreError) -> StoredEndpoint? {
        try await insertUnlessPresent(new, now: now, once: nil)
    }

    package func resend(
        _ id: DeliveryID, of account: AccountID, now: Timestamp
    ) async throws(StoreError) -> Delivery? {
        try await resend(id, of: account, now: now, once: nil)
    }
}
