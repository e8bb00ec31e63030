import ThumbwireKit

/// Finds the words of a title worth stressing, by rules: numbers with their unit, capitals among small letters,
/// quotations, negations and strong words; never more than two words or 40 % of the characters.
struct AccentWords {
    /// A word with its place in Unicode scalars.
    private struct Word {
        var range: Range<Int>
        var text: String
        var letters: String
        var score: Double
    }

    private let scalars: [Unicode.Scalar]
    private let words: [Word]

    init(_ title: String) {
        let scalars = Array(title.unicodeScalars)
        self.scalars = scalars
        let ranges = Self.words(in: scalars)
        let hasSmallLetters = scalars.contains { $0.properties.isLowercase }
        words = ranges.enumerated().map { index, range in
            let text = Self.text(scalars[range])
            let letters = Self.text(scalars[range].filter { $0.isWordPart || $0 == "'" || $0 == "’" })
            let word = Word(range: range, text: text, letters: letters.lowercased(), score: 0)
            let score = Self.score(
                word, isLast: index == ranges.count - 1, count: ranges.count,
                hasSmallLetters: hasSmallLetters)
            return Word(range: range, text: word.text, letters: word.letters, score: score)
        }
    }

    /// The run with the reason for it; `nil` where nothing stands out.
    var best: (words: String, why: String)? {
        if let quoted { return quoted }
        guard words.count >= 2 else { return ideographic }
        guard let index = words.indices.max(by: { words[$0].score < words[$1].score }), words[index].score > 0
        else { return ideographic }
        let word = words[index]
        var range = trimmed(word.range)
        if Self.isNumber(word), index + 1 < words.count, Self.isUnit(words[index + 1]) {
            let extended = range.lowerBound..<trimmed(words[index + 1].range).upperBound
            if Double(extended.count) <= 0.4 * Double(scalars.count) { range = extended }
        }
        guard range.count < scalars.count, !range.isEmpty else { return nil }
        return (Self.text(scalars[range]), Self.reason(word))
    }

    /// Without punctuation around, but with the signs of amounts.
    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        func isKept(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isWordPart || "$€£¥%#+".unicodeScalars.contains(scalar)
        }
        guard let first = range.first(where: { isKept(scalars[$0]) }),
            let last = range.last(where: { isKept(scalars[$0]) })
        else { return range }
        return first..<last + 1
    }

    private static func score(_ word: Word, isLast: Bool, count: Int, hasSmallLetters: Bool) -> Double {
        guard !word.letters.isEmpty else { return -10 }
        var score = 0.12 * Double(min(word.letters.count, 10))
        if isNumber(word) { score += isYear(word) ? -1.5 : 2 }
        let capitals = word.text.unicodeScalars.filter { $0.properties.isUppercase }.count
        if hasSmallLetters, capitals >= 2, capitals == word.letters.count { score += 1.5 }
        if TitleVocabulary.negations.contains(word.letters) { score += 1.2 }
        if TitleVocabulary.strong.contains(word.letters) { score += 1 }
        if word.letters.count > 5, word.letters.hasSuffix("est") { score += 0.7 }
        if isLast { score += 0.5 }
        if TitleVocabulary.stopWords.contains(word.letters) { score -= 3 }
        if Double(word.letters.count) > 0.6 * Double(max(count, 2)) * 8 { score -= 2 }
        return score
    }

    private static func reason(_ word: Word) -> String {
        if isNumber(word) { return "number" }
        if TitleVocabulary.negations.contains(word.letters) { return "negation" }
        if TitleVocabulary.strong.contains(word.letters) { return "strong word" }
        return "content word"
    }

    private static func isNumber(_ word: Word) -> Bool {
        word.text.unicodeScalars.contains { $0.properties.numericType == .decimal }
    }

    private static func isYear(_ word: Word) -> Bool {
        word.letters.count == 4 && (word.letters.hasPrefix("19") || word.letters.hasPrefix("20"))
            && word.text.allSatisfy { $0.isNumber || $0.isPunctuation }
    }

    private static func isUnit(_ word: Word) -> Bool {
        TitleVocabulary.units.contains(word.letters)
    }

    /// A quotation of up to 40 % of the characters.
    private var quoted: (words: String, why: String)? {
        let pairs: [Unicode.Scalar: Unicode.Scalar] = [
            "\"": "\"", "“": "”", "„": "“", "「": "」", "『": "』", "«": "»",
        ]
        for start in scalars.indices {
            guard let close = pairs[scalars[start]],
                let end = scalars[(start + 1)...].firstIndex(of: close), end > start + 1
            else { continue }
            let run = start + 1..<end
            return Double(run.count) <= 0.4 * Double(scalars.count)
                ? (Self.text(scalars[run]), "quotation") : nil
        }
        return nil
    }

    /// Writing without spaces: digits with what they count, else the first run of katakana or of two or more Han.
    private var ideographic: (words: String, why: String)? {
        guard scalars.contains(where: { $0.isIdeographic }) else { return nil }
        let most = Int(0.4 * Double(scalars.count))
        if let digit = scalars.firstIndex(where: { $0.properties.numericType == .decimal }) {
            var end = digit
            while end < scalars.count, scalars[end].properties.numericType == .decimal { end += 1 }
            if end < scalars.count, scalars[end].isIdeographic { end += 1 }
            if end - digit <= max(most, 2), end - digit < scalars.count {
                return (Self.text(scalars[digit..<end]), "number")
            }
        }
        for isMember in [Self.isKatakana, Self.isHan] {
            var start = 0
            while start < scalars.count {
                var end = start
                while end < scalars.count, isMember(scalars[end]) { end += 1 }
                if end - start >= 2, end - start <= most {
                    return (Self.text(scalars[start..<end]), "run of one script")
                }
                start = max(end, start + 1)
            }
        }
        return nil
    }

    private static func isKatakana(_ scalar: Unicode.Scalar) -> Bool {
        (0x30A1...0x30FF).contains(scalar.value)
    }
    private static func isHan(_ scalar: Unicode.Scalar) -> Bool { (0x4E00...0x9FFF).contains(scalar.value) }

    private static func words(in scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start: Int?
        for index in 0...scalars.count {
            let isSpace = index == scalars.count || scalars[index].properties.isWhitespace
            if isSpace, let begin = start {
                ranges.append(begin..<index)
                start = nil
            } else if !isSpace, start == nil {
                start = index
            }
        }
        return ranges
    }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
