package import ThumbwireKit

/// Where the bytes of artifacts live, by the SHA-256 of their content.
package protocol ArtifactStorage: Sendable {
    /// Makes the bytes durable; the same bytes are stored once. They stay at least until the hold is gone, so put it
    /// into the ``Artifact`` whose row is to name them.
    func write(_ bytes: [UInt8]) async throws(StoreError) -> StoredContent
    /// The bytes of that content; throws ``StoreError/missing(_:)`` when they are not there.
    func read(sha256: String) async throws(StoreError) -> [UInt8]
    /// A file with the bytes, where the storage has one; for `sendfile`.
    func path(sha256: String) -> String?
    /// Removes those contents, by their SHA-256, that nobody holds and that `named` does not return; how many bytes
    /// that made free. `named` is asked while a writer of the same bytes would be noticed: what it finds named by no
    /// row is removed, unless it is stored again meanwhile.
    func remove(_ contents: [String], named: ContentNames) async throws(StoreError) -> Int64
    /// Removes what nothing names and was stored before `moment`: leftovers of processes that died between storing
    /// bytes and writing their row, or between deleting a row and its bytes.
    func removeOrphans(storedBefore moment: Timestamp, named: ContentNames) async throws(StoreError) -> Int64
}

/// Returns which of the contents a row names now.
package typealias ContentNames = @Sendable ([String]) async throws(StoreError) -> Set<String>

/// Bytes that were made durable.
package struct StoredContent: Sendable {
    /// In lower-case hexadecimal.
    package var sha256: String
    package var hold: ContentHold

    package init(sha256: String, hold: ContentHold) {
        self.sha256 = sha256
        self.hold = hold
    }
}
