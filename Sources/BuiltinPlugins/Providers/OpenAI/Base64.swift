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
        var seen: UInt8 = 0
        var bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { output, count in
            seen = values.withUnsafeBufferPointer { decode(text, padding: padding, $0, into: output) }
            count = text.count / 4 * 3
        }
        // Values are below 64: a higher bit comes from a foreign character alone.
        guard seen < 64 else { return nil }
        bytes.removeLast(padding)
        return bytes
    }

    /// Fills `output`, three bytes for four characters, padding as zeros; returns all values or-ed.
    private static func decode(
        _ text: UnsafeBufferPointer<UInt8>, padding: Int, _ values: UnsafeBufferPointer<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> UInt8 {
        var seen: UInt8 = 0
        for group in 0..<text.count / 4 {
            var bits: UInt32 = 0
            for place in group * 4..<group * 4 + 4 {
                let value = place < text.count - padding ? values[Int(text[place])] : 0
                seen |= value
                bits = bits << 6 | UInt32(value & 0x3F)
            }
            output[group * 3] = UInt8(truncatingIfNeeded: bits >> 16)
            output[group * 3 + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            output[group * 3 + 2] = UInt8(truncatingIfNeeded: bits)
        }
        return seen
    }
}
