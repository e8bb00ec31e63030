/// Reads base64 (RFC 4648 §4): padded, without line breaks or other characters of no meaning.
enum Base64 {
    /// The bytes; `nil` for what is no base64. A `data:` URL's head is skipped, as some compatible servers send one.
    static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode(content(of: $0)) }
    }

    private static let invalid: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    private static func content(of text: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>> {
        guard text.starts(with: "data:".utf8), let comma = text.prefix(128).firstIndex(of: 0x2C) else {
            return text[...]
        }
        return text[(comma + 1)...]
    }

    private static func decode(_ slice: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        guard !slice.isEmpty, slice.count.isMultiple(of: 4) else { return nil }
        let text = UnsafeBufferPointer(rebasing: slice)
        let padding = text.suffix(2).reversed().prefix { $0 == 0x3D }.count
        let significant = text.count - padding
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { output, count in
            values.withUnsafeBufferPointer { values in
                var (bits, held, seen) = (UInt32(0), 0, UInt8(0))
                for index in 0..<significant {
                    let value = values[Int(text[index])]
                    seen |= value
                    bits = bits << 6 | UInt32(value & 0x3F)
                    held += 6
                    guard held >= 8 else { continue }
                    held -= 8
                    output[count] = UInt8(truncatingIfNeeded: bits >> UInt32(held))
                    count += 1
                }
                // Values are below 64: a higher bit comes from a foreign character alone.
                isValid = seen < 64
            }
        }
        return isValid ? bytes : nil
    }
}
