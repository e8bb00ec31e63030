internal import Foundation
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

    /// Writes a new file with mode 0600; refuses to replace one.
    static func write(_ text: String, to path: String) throws(ServiceError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ServiceError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
        } catch {
            throw ServiceError("cannot write \(path): \(error.localizedDescription)")
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
