/// Collects status line and header fields as libcurl hands them over, line by line.
struct ResponseHead {
    /// All lines of the final answer together; RFC 9110 §5.4 lets a client set its limit.
    static let maximumBytes = 64 << 10

    private(set) var status = 0
    private(set) var headers = Headers()
    private(set) var isComplete = false
    /// The answer's own header is there, not only that of an interim one.
    var isFinal: Bool { isComplete && !(100..<200).contains(status) }
    private var byteCount = 0

    /// Takes one line with its line break. An interim answer (1xx) is replaced by what follows it; trailers are
    /// left out.
    ///
    /// - Returns: `false` when the limit is passed.
    mutating func receive(_ line: some BidirectionalCollection<UInt8>) -> Bool {
        byteCount += line.count
        guard byteCount <= Self.maximumBytes else { return false }
        if line.starts(with: "HTTP/".utf8) {
            start(line)
        } else if !isComplete {
            add(line)
        }
        return true
    }

    private mutating func start(_ line: some BidirectionalCollection<UInt8>) {
        guard !isComplete || (100..<200).contains(status) else { return }
        let code = line.drop { $0 != space }.drop { $0 == space }.prefix { $0 != space }
        status = Int(String(decoding: trimmed(code), as: UTF8.self)) ?? 0
        headers = Headers()
        isComplete = false
    }

    private mutating func add(_ line: some BidirectionalCollection<UInt8>) {
        let content = trimmed(line)
        if content.isEmpty {
            isComplete = true
            return
        }
        guard let colon = content.firstIndex(of: UInt8(ascii: ":")) else { return }
        let value = content[content.index(after: colon)...].drop(while: isBlank)
        headers.append(
            String(decoding: content[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    /// Without the line break and the white space at the end.
    private func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
        guard let last = bytes.lastIndex(where: { !isBlank($0) }) else { return bytes[..<bytes.startIndex] }
        return bytes[...last]
    }
}

private let space = UInt8(ascii: " ")

private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
}
