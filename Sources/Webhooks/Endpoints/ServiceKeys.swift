internal import Foundation
internal import Persistence
package import Signing
internal import Synchronization
package import ThumbwireKit

/// The Ed25519 keys of the service, which sign the `v1a` tokens of all accounts; kept sealed in a file.
///
/// One is current. After a rotation the former ones sign besides it, and are published with it, until their overlap is
/// over.
package final class ServiceKeys: Sendable {
    /// A key and how long it signs.
    package struct Entry: Hashable, Sendable {
        package var key: Ed25519.PrivateKey
        package var createdAt: Timestamp
        /// `nil` for the current one.
        package var validUntil: Timestamp?

        /// What receivers may know.
        package var publicKey: Ed25519.PublicKey { key.publicKey }
    }

    /// A file that holds no keys of this service.
    package struct OpenError: Error, CustomStringConvertible {
        package var description: String
    }

    private static let sealingContext = "webhook-service-keys"
    private static let formatVersion: Int64 = 1

    private let path: String
    private let sealer: Sealer
    private let entries: Mutex<[Entry]>
    /// Held while a rotation writes, so that two of them follow each other.
    private let rotation = Mutex<Void>(())

    private init(path: String, sealer: Sealer, entries: [Entry]) {
        self.path = path
        self.sealer = sealer
        self.entries = Mutex(entries)
    }

    /// The keys in that file; the file is made, with a first key, where it is missing.
    ///
    /// - Throws: ``OpenError`` for a file that does not open with the sealing key; `StoreError` when the first one cannot
    ///   be written.
    package static func open(path: String, sealer: Sealer, now: Timestamp) throws -> ServiceKeys {
        guard let data = FileManager.default.contents(atPath: path) else {
            let entries = [Entry(key: .generate(), createdAt: now)]
            try DurableFile.create(sealed(entries, with: sealer).bytes, at: path)
            return ServiceKeys(path: path, sealer: sealer, entries: entries)
        }
        guard let entries = read(Sealed(bytes: [UInt8](data)), with: sealer) else {
            throw OpenError(
                description: "the sealing key (--secret-key-file) is not the one that \(path) was sealed with"
            )
        }
        return ServiceKeys(path: path, sealer: sealer, entries: entries)
    }

    /// The keys that sign at a moment, newest first.
    package func valid(at moment: Timestamp) -> [Entry] {
        entries.withLock { Self.valid($0, at: moment) }
    }

    /// Puts a new key in the place of the current one, which goes on signing for the overlap. The new key signs once it
    /// is durable.
    package func rotate(overlap: Duration, now: Timestamp) async throws {
        let writer = BlockingExecutor(name: "webhook-keys", threads: 1)
        try await writer.run { [self] in
            try rotation.withLock { _ in
                let rotated = rotated(overlap: overlap, now: now)
                try DurableFile.replace(Self.sealed(rotated, with: sealer).bytes, at: path)
                entries.withLock { $0 = rotated }
            }
        }
    }

    private func rotated(overlap: Duration, now: Timestamp) -> [Entry] {
        var kept = valid(at: now)
        if overlap > .zero {
            kept[0].validUntil = now + overlap
        } else {
            kept.removeFirst()
        }
        return [Entry(key: .generate(), createdAt: now)] + kept.prefix(WebhookSecrets.maximumFormer)
    }

    private static func valid(_ entries: [Entry], at moment: Timestamp) -> [Entry] {
        entries.filter { entry in entry.validUntil.map { moment < $0 } ?? true }
    }
}

extension ServiceKeys {
    private static func sealed(_ entries: [Entry], with sealer: Sealer) -> Sealed {
        let keys = entries.map { entry in
            JSONValue.object(
                JSONObject(present: [
                    ("key", .string(entry.key.text)),
                    ("createdAt", .integer(entry.createdAt.microseconds)),
                    ("validUntil", entry.validUntil.map { .integer($0.microseconds) }),
                ]))
        }
        let document: JSONValue = ["v": .integer(formatVersion), "keys": .array(keys)]
        return sealer.seal(document.serialized(), context: sealingContext)
    }

    /// What ``sealed(_:with:)`` wrote: the current key and then the former ones.
    private static func read(_ sealed: Sealed, with sealer: Sealer) -> [Entry]? {
        guard let bytes = try? sealer.unseal(sealed, context: sealingContext),
            let document = try? JSONValue(parsing: bytes), document["v"]?.integer == formatVersion,
            let keys = document["keys"]?.array
        else { return nil }
        let entries = keys.compactMap { json -> Entry? in
            guard let text = json["key"]?.string, let key = try? Ed25519.PrivateKey(text),
                let createdAt = json["createdAt"]?.integer
            else { return nil }
            return Entry(
                key: key, createdAt: Timestamp(microseconds: createdAt),
                validUntil: json["validUntil"]?.integer.map { Timestamp(microseconds: $0) })
        }
        guard entries.count == keys.count, entries.first?.validUntil == nil, !entries.isEmpty else {
            return nil
        }
        return entries
    }
}
