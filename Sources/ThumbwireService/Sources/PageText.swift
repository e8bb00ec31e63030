/// The texts of web pages: charsets, entities, and what is left when a text is to be drawn.
enum PageText {
    /// Decodes bytes of a page. What is UTF-8 is taken for that whatever the page says; else the charset decides:
    /// Latin-1 and its kin as windows-1252 (WHATWG Encoding §4.2), which is also the default. `nil` for charsets that
    /// are not read here.
    static func decode(_ bytes: [UInt8], charset: String?) -> String? {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        switch charset {
        case "utf-8", "utf8": return String(decoding: bytes, as: UTF8.self)
        case nil, "iso-8859-1", "iso8859-1", "latin1", "l1", "windows-1252", "cp1252", "us-ascii", "ascii":
            var text = String.UnicodeScalarView()
            for byte in bytes { text.append(windows1252(UInt32(byte))) }
            return String(text)
        default: return nil
        }
    }

    /// The same text with its character references replaced (WHATWG HTML §13.5); what is none stays as it is.
    static func withoutReferences(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var plain = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "&", let end = rest.prefix(longestReference).firstIndex(of: ";"),
                let meant = meaning(of: String(rest[..<end]))
            else {
                plain.append(scalar)
                continue
            }
            plain.append(meant)
            rest = rest[rest.index(after: end)...]
        }
        return String(plain)
    }

    /// One line without control characters, at most so many scalars long, cut between words; `nil` when nothing in it
    /// can be seen.
    static func line(_ text: String, atMost limit: Int) -> String? {
        let words = text.unicodeScalars.split { $0.properties.isWhitespace }.map { word in
            String(
                String.UnicodeScalarView(
                    word.filter { $0.properties.generalCategory != .control && !isOverride($0) }))
        }
        var line = words.filter { !$0.isEmpty }.joined(separator: " ")
        guard line.unicodeScalars.contains(where: isVisible) else { return nil }
        guard line.unicodeScalars.count > limit else { return line }
        line = String(line.unicodeScalars.prefix(limit - 1))
        if let space = line.lastIndex(of: " "), line.distance(from: space, to: line.endIndex) < limit / 3 {
            line = String(line[..<space])
        }
        return line + "\u{2026}"
    }

    /// Marks that turn the direction of all that follows, also of what we draw beside it.
    private static func isOverride(_ scalar: Unicode.Scalar) -> Bool {
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.properties.isWhitespace, !scalar.properties.isDefaultIgnorableCodePoint else {
            return false
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .privateUse: return false
        default: return true
        }
    }

    // MARK: Character references

    /// Scalars between `&` and `;`; the longest name that is known here has 6.
    private static let longestReference = 12

    private static func meaning(of name: String) -> Unicode.Scalar? {
        guard name.hasPrefix("#") else { return names[name] }
        let digits = name.dropFirst()
        let isHexadecimal = digits.first == "x" || digits.first == "X"
        let number = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let number, !digits.contains("+") else { return nil }
        if number == 0 { return "\u{FFFD}" }
        return (0x80...0x9F).contains(number) ? windows1252(number) : Unicode.Scalar(number)
    }

    private static func windows1252(_ byte: UInt32) -> Unicode.Scalar {
        let high = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars
        guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) ?? "\u{FFFD}" }
        return high[high.index(high.startIndex, offsetBy: Int(byte) - 0x80)]
    }

    /// The names of HTML 4's Latin-1 set from U+00A0 on, and those that titles are written with.
    private static let names: [String: Unicode.Scalar] = {
        var names: [String: Unicode.Scalar] = [
            "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "ndash": "–", "mdash": "—",
            "lsquo": "‘", "rsquo": "’", "sbquo": "‚", "ldquo": "“", "rdquo": "”", "bdquo": "„", "hellip": "…",
            "bull": "•", "trade": "™", "euro": "€", "lsaquo": "‹", "rsaquo": "›", "OElig": "Œ", "oelig": "œ",
            "Scaron": "Š", "scaron": "š", "Yuml": "Ÿ", "ensp": "\u{2002}", "emsp": "\u{2003}",
            "zwj": "\u{200D}",
            "zwnj": "\u{200C}", "rarr": "→", "larr": "←", "hearts": "♥", "colon": ":", "comma": ",",
            "excl": "!",
            "quest": "?", "num": "#", "sol": "/", "vert": "|", "lpar": "(", "rpar": ")", "period": ".",
        ]
        let latin = """
            nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 \
            acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml \
            Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde \
            Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig \
            ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide \
            oslash ugrave uacute ucirc uuml yacute thorn yuml
            """
        for (offset, name) in latin.split(separator: " ").enumerated() {
            names[String(name)] = Unicode.Scalar(0xA0 + UInt32(offset))
        }
        return names
    }()
}
