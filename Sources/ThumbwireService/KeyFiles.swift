internal import Foundation
internal import Persistence
internal import Signing

/// Files that hold one secret each, readable by their owner alone.
enum KeyFiles {
    /// The bytes of the sealing key; made at first start.
    static func sealingKey(at path: String) throws(ServiceError) -> [UInt8] {
        guard let text = read(path) else {
            let key = randomBytes(Sealer.keyLength)
            try write(hexadecimal(key) + "\n", to: path)
            return key
        }
        guard let key = bytes(hexadecimal: text), key.count == Sealer.keyLength else {
            throw ServiceError(
                "--secret-key-file \(path): expected \(Sealer.keyLength * 2) hexadecimal digits")
        }
        return key
    }

    /// Writes a new file with mode 0600; refuses to replace one. It is whole and durable before its name exists: what
    /// is sealed with a key must not outlast it.
    static func write(_ text: String, to path: String) throws(ServiceError) {
        do throws(StoreError) {
            try DurableFile.create(Array(text.utf8), at: path)
        } catch {
            throw ServiceError("\(error)")
        }
    }

    /// The file's text without surrounding white space; `nil` when there is no such file.
    static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private static func bytes(hexadecimal text: String) -> [UInt8]? {
        guard text.count.isMultiple(of: 2), text.allSatisfy(\.isHexDigit) else { return nil }
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }
}
