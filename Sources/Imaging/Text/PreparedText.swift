import ThumbwireKit

/// A layer's text as Pango gets it: without control characters, in capitals if asked for, and with a map from the
/// scalars of the original to bytes.
struct PreparedText {
    /// More is cut off, because breaking lines takes time with the square of it.
    static let maximumScalars = 500
    /// Marks on one letter beyond which more are left out; writing systems need up to four.
    private static let maximumMarks = 4

    /// UTF-8; lines that the author broke are separated by line feeds.
    private(set) var bytes: [UInt8] = []
    /// For each scalar of the original, and for its end, the byte where it begins.
    private(set) var offsets: [Int] = []
    /// True when the text was longer than it may be.
    let isCut: Bool
    /// A BCP 47 tag guessed from the scripts: it decides which shapes Chinese characters have.
    let language: String

    init(_ layer: TextLayer) {
        let scalars = Array(layer.text.unicodeScalars.prefix(Self.maximumScalars))
        isCut = layer.text.unicodeScalars.count > Self.maximumScalars
        language = Self.language(of: scalars)
        var marks = 0
        var previous: Unicode.Scalar = " "
        for scalar in scalars {
            offsets.append(bytes.count)
            marks = Self.isMark(scalar) ? marks + 1 : 0
            if marks <= Self.maximumMarks, !(scalar == "\n" && previous == "\r") {
                bytes += Self.text(for: scalar, layer.letterCase).utf8
            }
            previous = scalar
        }
        offsets.append(bytes.count)
    }

    /// The bytes that a run of the original's scalars became; empty when the run lies outside.
    func byteRange(of range: Range<Int>) -> Range<Int> {
        let inside = range.clamped(to: 0..<offsets.count - 1)
        return offsets[inside.lowerBound]..<offsets[inside.upperBound]
    }

    /// What a scalar becomes: itself, capitals, a space, a line feed, or nothing.
    private static func text(for scalar: Unicode.Scalar, _ letterCase: TextLayer.LetterCase) -> String {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: return "\n"
        case 0x09: return " "
        // Controls, embeddings and overrides, isolates, annotations, byte order mark, object replacement.
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x206F, 0xFEFF, 0xFFF0...0xFFFC: return ""
        case 0xFDD0...0xFDEF: return ""
        case _ where scalar.value & 0xFFFE == 0xFFFE: return ""
        default: return letterCase == .upper ? capital(scalar) : String(scalar)
        }
    }

    private static func capital(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        // Georgian has capitals since Unicode 11, which few fonts have and nobody expects.
        case "\u{10D0}"..."\u{10FF}": String(scalar)
        default: greekCapitals[scalar] ?? scalar.properties.uppercaseMapping
        }
    }

    /// Greek capitals drop the accent.
    private static let greekCapitals: [Unicode.Scalar: String] = [
        "ά": "Α", "έ": "Ε", "ή": "Η", "ί": "Ι", "ό": "Ο", "ύ": "Υ", "ώ": "Ω", "ΐ": "Ϊ", "ΰ": "Ϋ",
        "Ά": "Α", "Έ": "Ε", "Ή": "Η", "Ί": "Ι", "Ό": "Ο", "Ύ": "Υ", "Ώ": "Ω",
    ]

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: true
        default: false
        }
    }

    private static func language(of scalars: [Unicode.Scalar]) -> String {
        var hasHan = false
        for scalar in scalars {
            switch scalar.value {
            case 0x3041...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F: return "ja"
            case 0x1100...0x11FF, 0x3131...0x318E, 0xAC00...0xD7A3: return "ko"
            case 0x3105...0x312F: return "zh-tw"
            case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x323AF: hasHan = true
            default: continue
            }
        }
        return hasHan ? "zh-cn" : "en"
    }
}
