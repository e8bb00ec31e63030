import ThumbwireKit

/// A title as it is drawn, with the words that its author marked.
///
/// `*word*` or `*two words*` marks an accent and the stars are not drawn: an opening star stands at the start or
/// after a space and before a letter, a closing one after a letter and before a space, punctuation or the end. All
/// other stars are text.
struct TitleText: Hashable, Sendable {
    /// More is cut off: no thumbnail can show it.
    static let maximumLength = 400

    /// What is drawn.
    let text: String
    /// Marked runs in Unicode scalars of `text`, in order.
    let marked: [Range<Int>]

    init(_ title: String) {
        let scalars = Self.cleaned(title)
        var kept: [Unicode.Scalar] = []
        var marked: [Range<Int>] = []
        var index = 0
        while index < scalars.count {
            if let end = Self.closingStar(in: scalars, from: index) {
                let start = kept.count
                kept += scalars[index + 1..<end]
                marked.append(start..<kept.count)
                index = end + 1
            } else {
                kept.append(scalars[index])
                index += 1
            }
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: kept)
        text = String(view)
        self.marked = marked
    }

    /// True when nothing is left to draw.
    var isEmpty: Bool { text.isEmpty }

    /// The marked runs as text.
    var markedWords: [String] {
        let scalars = Array(text.unicodeScalars)
        return marked.map { range in
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[range])
            return String(view)
        }
    }

    /// Without control characters and bidirectional overrides, with single spaces.
    private static func cleaned(_ title: String) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        for scalar in title.unicodeScalars.prefix(maximumLength) {
            if scalar.properties.isWhitespace {
                if let last = scalars.last, last != " " { scalars.append(" ") }
            } else if !isForbidden(scalar) {
                scalars.append(scalar)
            }
        }
        if scalars.last == " " { scalars.removeLast() }
        return scalars
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFF9...0xFFFC: true
        default: false
        }
    }

    private static func closingStar(in scalars: [Unicode.Scalar], from start: Int) -> Int? {
        guard scalars[start] == "*", start == 0 || scalars[start - 1] == " ", start + 2 < scalars.count,
            scalars[start + 1] != " ", scalars[start + 1] != "*"
        else { return nil }
        for index in start + 2..<scalars.count where scalars[index] == "*" {
            let isLast = index + 1 == scalars.count
            let endsWord =
                isLast || scalars[index + 1] == " " || ".,:;!?…)".unicodeScalars.contains(scalars[index + 1])
            return scalars[index - 1] != " " && endsWord ? index : nil
        }
        return nil
    }
}

extension String {
    /// The first place of `words` as whole words, in Unicode scalars; case does not matter.
    func scalarRange(of words: String) -> Range<Int>? {
        let text = Array(unicodeScalars)
        let wanted = Array(words.unicodeScalars)
        guard !wanted.isEmpty, wanted.count <= text.count else { return nil }
        for start in 0...text.count - wanted.count {
            let range = start..<start + wanted.count
            let isMatch = zip(text[range], wanted).allSatisfy { pair in
                pair.0 == pair.1 || pair.0.properties.lowercaseMapping == pair.1.properties.lowercaseMapping
            }
            let beginsWord = start == 0 || !text[start - 1].isWordPart || !wanted[0].isWordPart
            let endsWord =
                range.upperBound == text.count || !text[range.upperBound].isWordPart
                || !wanted[wanted.count - 1].isWordPart
            // Writing without spaces has no word borders to look for.
            if isMatch, beginsWord && endsWord || text[start].isIdeographic { return range }
        }
        return nil
    }
}

extension Unicode.Scalar {
    var isWordPart: Bool { properties.isAlphabetic || properties.numericType != nil }

    /// Han, kana or hangul.
    var isIdeographic: Bool {
        switch value {
        case 0x3041...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0x20000...0x323AF: true
        default: false
        }
    }
}
