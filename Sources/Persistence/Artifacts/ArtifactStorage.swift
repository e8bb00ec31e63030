/// Where the bytes of artifacts live, by the SHA-256 of their content.
package protocol ArtifactStorage: Sendable {
    /// Makes the bytes durable and returns their SHA-256 in hexadecimal; the same bytes are stored once.
    func write(_ bytes: [UInt8]) async throws(StoreError) -> String
    /// The bytes of that content; throws ``StoreError/missing(_:)`` when they are not there.
    func read(sha256: String) async throws(StoreError) -> [UInt8]
    /// A file with the bytes, where the storage has one; for `sendfile`.
    func path(sha256: String) -> String?
}
