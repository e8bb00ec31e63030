/// A body of `multipart/form-data` (RFC 7578) cut into its parts, which stay where they are in the body.
package struct MultipartForm: Sendable {
    /// What a body may have at most.
    package struct Limits: Sendable {
        package var parts = 64
        /// Bytes of one part's headers.
        package var headerBytes = 4 << 10
        /// Bytes of a field's name or a file's name.
        package var nameBytes = 256

        package init() {}
    }

    /// One field or file.
    package struct Part: Sendable {
        package var name: String
        /// What the client calls the file; `nil` for a plain field.
        package var fileName: String?
        /// As the part says, without judgement; `nil` is `text/plain` (RFC 7578 §4.4).
        package var contentType: String?
        package var body: ArraySlice<UInt8>

        /// The body as UTF-8 text; `nil` where it is none.
        package var text: String? { String(validating: body, as: UTF8.self) }
    }

    package private(set) var parts: [Part] = []

    /// Reads the body in one pass; throws ``MultipartError`` for what is not whole or above the limits.
    package init(_ body: [UInt8], contentType: String, limits: Limits = Limits()) throws(MultipartError) {
        let delimiter = Array("--\(try Self.boundary(of: contentType))".utf8)
        var rest = body[...]
        // A preamble is allowed and ignored (RFC 2046 §5.1.1).
        guard let first = Self.firstDelimiter(delimiter, in: rest) else {
            throw MultipartError("the body does not have its boundary; it is empty or cut off")
        }
        rest = rest[first...]
        while try Self.opensPart(&rest) {
            guard parts.count < limits.parts else {
                throw MultipartError("the form has more than \(limits.parts) parts")
            }
            guard let end = rest.range(ofLineBreakAnd: delimiter) else {
                throw MultipartError("part \(parts.count + 1) does not end; the body is cut off")
            }
            parts.append(
                try Part(rest[rest.startIndex..<end.lowerBound], number: parts.count + 1, limits: limits))
            rest = rest[end.upperBound...]
        }
    }

    /// 1 to 70 characters (RFC 2046 §5.1.1), quoted or not.
    private static func boundary(of contentType: String) throws(MultipartError) -> String {
        var value = HeaderValue(contentType)
        guard value.word.lowercased() == "multipart/form-data" else {
            throw MultipartError("Content-Type is not multipart/form-data")
        }
        guard let boundary = try value.parameters()["boundary"], !boundary.isEmpty else {
            throw MultipartError("Content-Type names no boundary")
        }
        guard boundary.utf8.count <= 70, boundary.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw MultipartError("the boundary is not 1 to 70 printable characters")
        }
        return boundary
    }

    /// Where the text behind the first delimiter begins.
    private static func firstDelimiter(_ delimiter: [UInt8], in body: ArraySlice<UInt8>) -> Int? {
        if body.starts(with: delimiter) { return body.startIndex + delimiter.count }
        return body.range(ofLineBreakAnd: delimiter)?.upperBound
    }

    /// Reads what follows a delimiter: true before another part, false at the end.
    private static func opensPart(_ rest: inout ArraySlice<UInt8>) throws(MultipartError) -> Bool {
        if rest.starts(with: [0x2D, 0x2D]) { return false }
        // Padding that transport may have added (RFC 2046 §5.1.1).
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
        guard rest.starts(with: [0x0D, 0x0A]) else {
            throw MultipartError("a boundary is not followed by a line break")
        }
        rest = rest.dropFirst(2)
        return true
    }
}

/// Why a form cannot be read.
package struct MultipartError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension MultipartForm.Part {
    /// `bytes` are the part's headers, an empty line and its body.
    fileprivate init(
        _ bytes: ArraySlice<UInt8>, number: Int, limits: MultipartForm.Limits
    ) throws(MultipartError) {
        var rest = bytes
        var fields: [String: String] = [:]
        while true {
            // No line is sought beyond what all headers may have.
            let window = rest.prefix(limits.headerBytes - (rest.startIndex - bytes.startIndex) + 2)
            guard let end = window.range(of: [0x0D, 0x0A]) else {
                let reason =
                    window.count < rest.count ? "more than \(limits.headerBytes) bytes of" : "no end of its"
                throw MultipartError("part \(number) has \(reason) headers")
            }
            let line = rest[rest.startIndex..<end.lowerBound]
            rest = rest[end.upperBound...]
            if line.isEmpty { break }
            guard let text = String(validating: line, as: UTF8.self), let colon = text.firstIndex(of: ":")
            else {
                throw MultipartError("part \(number) has a header line without name and value")
            }
            let name = text[..<colon].lowercased()
            guard fields.updateValue(String(text[text.index(after: colon)...]), forKey: name) == nil else {
                throw MultipartError("part \(number) repeats a header")
            }
        }
        try self.init(fields, body: rest, number: number, limits: limits)
    }

    private init(
        _ fields: [String: String], body: ArraySlice<UInt8>, number: Int, limits: MultipartForm.Limits
    ) throws(MultipartError) {
        var disposition = HeaderValue(fields["content-disposition"] ?? "")
        guard disposition.word.lowercased() == "form-data" else {
            throw MultipartError("part \(number) has no Content-Disposition: form-data")
        }
        if fields["content-transfer-encoding"].map({ HeaderValue($0).word.lowercased() }) == "base64" {
            throw MultipartError("part \(number) is encoded for transfer, which RFC 7578 §4.7 forbids")
        }
        let parameters = try disposition.parameters()
        guard let name = parameters["name"], !name.isEmpty else {
            throw MultipartError("part \(number) has no name")
        }
        for text in [name, parameters["filename"] ?? ""] where text.utf8.count > limits.nameBytes {
            throw MultipartError("part \(number) has a name of more than \(limits.nameBytes) bytes")
        }
        self.name = name
        fileName = parameters["filename"]
        contentType = fields["content-type"].map { HeaderValue($0).word }
        self.body = body
    }
}

/// A header's value: a word, then parameters.
private struct HeaderValue {
    let word: String
    private var rest: Substring

    init(_ text: String) {
        let end = text.firstIndex(of: ";") ?? text.endIndex
        word = String(text[..<end]).trimmingBlanks
        rest = text[end...]
    }

    /// By lower-case name; a backslash escapes in quotes only before a quote or itself, since browsers send
    /// backslashes of Windows paths as they are.
    mutating func parameters() throws(MultipartError) -> [String: String] {
        var found: [String: String] = [:]
        while rest.popFirst() == ";" {
            guard let equals = rest.firstIndex(where: { $0 == "=" || $0 == ";" }), rest[equals] == "=" else {
                rest = rest.drop { $0 != ";" }
                continue
            }
            let name = String(rest[..<equals]).trimmingBlanks.lowercased()
            rest = rest[rest.index(after: equals)...].drop { $0 == " " || $0 == "\t" }
            let value = try rest.first == "\"" ? quoted() : token()
            guard found.updateValue(value, forKey: name) == nil else {
                throw MultipartError("a header names \(name.prefix(32)) twice")
            }
        }
        return found
    }

    private mutating func token() -> String {
        let value = rest.prefix { $0 != ";" }
        rest = rest[value.endIndex...]
        return String(value).trimmingBlanks
    }

    private mutating func quoted() throws(MultipartError) -> String {
        var value = ""
        rest.removeFirst()
        while let character = rest.popFirst() {
            if character == "\"" {
                rest = rest.drop { $0 != ";" }
                return value
            }
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                value.append(next)
                rest.removeFirst()
            } else {
                value.append(character)
            }
        }
        throw MultipartError("a quoted value of a header does not end")
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let front = drop { $0 == " " || $0 == "\t" }
        return String(front.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

extension ArraySlice<UInt8> {
    /// The first CRLF with that text behind it; linear, since the text holds no CR.
    fileprivate func range(ofLineBreakAnd text: [UInt8]) -> Range<Int>? {
        range(of: [0x0D, 0x0A] + text)
    }

    /// Where the pattern is first, which begins with a byte that it has only once.
    fileprivate func range(of pattern: [UInt8]) -> Range<Int>? {
        withUnsafeBufferPointer { bytes in
            var offset = 0
            while offset + pattern.count <= bytes.count {
                guard bytes[offset] == pattern[0] else {
                    offset += 1
                    continue
                }
                var length = 1
                while length < pattern.count, bytes[offset + length] == pattern[length] { length += 1 }
                if length == pattern.count { return startIndex + offset..<startIndex + offset + length }
                // What matched so far has no second first byte: the next match cannot begin within it.
                offset += length
            }
            return nil
        }
    }
}
