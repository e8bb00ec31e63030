/// A text's advances and break opportunities, measured once at a reference size.
struct MeasuredText {
    /// The size that everything is measured at, in pixels; lengths at other sizes are proportional.
    static let referenceSize = 100.0

    private let starts: [Int]
    private let distances: [Double]
    private let flags: [BreakFlags]
    private let byteCount: Int
    private let scalars: [Unicode.Scalar]

    init(_ text: [UInt8], line: ShapedLine) {
        scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
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
            let isBreak = mayBreak.contains(.mayBreak) && !isInsideKoreanWord(index)
            guard isEnd || isBreak || anywhere && mayBreak.contains(.isLetter) else { continue }
            let isForced = !isEnd && mayBreak.contains(.mustBreak)
            if var piece = piece(first..<min(index, starts.count), endsLine: isForced) {
                if anywhere { piece.endsBadly = false }
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
            start: distances[bytes.lowerBound], end: distances[bytes.upperBound], endsLine: endsLine,
            endsBadly: upper == characters.upperBound && isBadBreak(before: upper))
    }

    /// Korean may break anywhere, but headlines break between words.
    private func isInsideKoreanWord(_ index: Int) -> Bool {
        index > 0 && index < scalars.count && scalars[index - 1].isHangul && scalars[index].isHangul
    }

    /// True where no space, punctuation or change of script suggests the end of a phrase.
    private func isBadBreak(before index: Int) -> Bool {
        guard index > 0, index < scalars.count else { return false }
        let (last, next) = (scalars[index - 1], scalars[index])
        if last.isClosing || next.isOpening || last.properties.isEmojiPresentation { return false }
        // Japanese phrases end in Hiragana and begin with Kanji or Katakana.
        if last.isHiragana, !next.isHiragana { return false }
        // Thai and its neighbours have no spaces; Pango knows their words.
        return !(0x0E00...0x0EFF).contains(last.value) && !(0x1000...0x109F).contains(last.value)
            && !(0x1780...0x17FF).contains(last.value)
    }
}

extension Unicode.Scalar {
    fileprivate var isHangul: Bool { (0xAC00...0xD7A3).contains(value) || (0x1100...0x11FF).contains(value) }
    fileprivate var isHiragana: Bool { (0x3041...0x309F).contains(value) }

    /// Punctuation that ends a phrase.
    fileprivate var isClosing: Bool {
        switch properties.generalCategory {
        case .closePunctuation, .finalPunctuation, .dashPunctuation: true
        case .otherPunctuation: value != 0x2F && value != 0x5C
        default: false
        }
    }

    fileprivate var isOpening: Bool {
        switch properties.generalCategory {
        case .openPunctuation, .initialPunctuation: true
        default: false
        }
    }
}
