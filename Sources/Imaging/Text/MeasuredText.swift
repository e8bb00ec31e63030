/// A text's advances and break opportunities, measured once at a reference size.
struct MeasuredText {
    /// The size that everything is measured at, in pixels; lengths at other sizes are proportional.
    static let referenceSize = 100.0

    private let starts: [Int]
    private let distances: [Double]
    private let flags: [BreakFlags]
    private let byteCount: Int

    init(_ text: [UInt8], line: ShapedLine) {
        starts = text.indices.filter { text[$0] & 0xC0 != 0x80 }
        byteCount = text.count
        flags = line.breaks(characterCount: starts.count)
        var distance = 0.0
        distances = line.advances().map { advance in
            defer { distance += advance }
            return distance
        }
    }

    /// The text in pieces between break opportunities; with `anywhere`, also between any two letters.
    func pieces(breakingAnywhere anywhere: Bool = false) -> [LineBreaker.Piece] {
        var pieces: [LineBreaker.Piece] = []
        var first = 0
        for index in 1..<max(starts.count, 1) + 1 {
            let isEnd = index >= starts.count
            let mayBreak = flags[min(index, flags.count - 1)]
            guard isEnd || mayBreak.contains(.mayBreak) || anywhere && mayBreak.contains(.isLetter) else {
                continue
            }
            let isForced = !isEnd && mayBreak.contains(.mustBreak)
            if let piece = piece(first..<min(index, starts.count), endsLine: isForced) {
                pieces.append(piece)
            } else if isForced, !pieces.isEmpty {
                pieces[pieces.count - 1].endsLine = true
            }
            first = index
        }
        return pieces
    }

    /// The characters without the white space around them; `nil` when nothing is left.
    private func piece(_ characters: Range<Int>, endsLine: Bool) -> LineBreaker.Piece? {
        var (lower, upper) = (characters.lowerBound, characters.upperBound)
        while lower < upper, flags[lower].contains(.isWhite) { lower += 1 }
        while upper > lower, flags[upper - 1].contains(.isWhite) { upper -= 1 }
        guard lower < upper else { return nil }
        let bytes = starts[lower]..<(upper < starts.count ? starts[upper] : byteCount)
        return LineBreaker.Piece(
            bytes: bytes, letters: flags[lower..<upper].filter { $0.contains(.isLetter) }.count,
            start: distances[bytes.lowerBound], end: distances[bytes.upperBound], endsLine: endsLine)
    }
}
