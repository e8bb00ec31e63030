internal import ThumbwireKit

/// A stored record that this version cannot read: damage, or a newer writer.
package struct RecordError: Error, Hashable, CustomStringConvertible {
    /// Where in the record, such as `pin.steps[2].timeout`.
    package var path: String
    package var reason: String

    package var description: String { "stored record: \(path) \(reason)" }
}

/// Reads the members of a stored object, with the path for errors.
struct RecordReader {
    private let object: JSONObject
    private let path: String

    /// The document's object; throws where the bytes are no JSON object of version `version`.
    init(parsing bytes: [UInt8], name: String, version: Int64) throws(RecordError) {
        do throws(JSONSyntaxError) {
            let value = try JSONValue(parsing: bytes)
            object = value.object ?? [:]
        } catch {
            throw RecordError(path: name, reason: error.description)
        }
        path = name
        let found = try integer("v")
        guard found == version else {
            throw RecordError(path: name, reason: "has version \(found), this program reads \(version)")
        }
    }

    private init(_ value: JSONValue, path: String) throws(RecordError) {
        guard let object = value.object else {
            throw RecordError(path: path, reason: "is a \(value.kindName), not an object")
        }
        self.object = object
        self.path = path
    }

    func string(_ name: String) throws(RecordError) -> String {
        try required(name, optionalString(name))
    }

    func optionalString(_ name: String) throws(RecordError) -> String? {
        try optional(name, "a string") { $0.string }
    }

    func integer(_ name: String) throws(RecordError) -> Int64 {
        try required(name, optionalInteger(name))
    }

    func optionalInteger(_ name: String) throws(RecordError) -> Int64? {
        try optional(name, "an integer") { $0.integer }
    }

    func number(_ name: String) throws(RecordError) -> Double {
        try required(name, optionalNumber(name))
    }

    func optionalNumber(_ name: String) throws(RecordError) -> Double? {
        try optional(name, "a number") { $0.number }
    }

    func object(_ name: String) throws(RecordError) -> JSONObject {
        try required(name, optionalObject(name))
    }

    func optionalObject(_ name: String) throws(RecordError) -> JSONObject? {
        try optional(name, "an object") { $0.object }
    }

    func flag(_ name: String) throws(RecordError) -> Bool {
        try required(name, optionalFlag(name))
    }

    func optionalFlag(_ name: String) throws(RecordError) -> Bool? {
        try optional(name, "true or false") { $0.bool }
    }

    func timestamp(_ name: String) throws(RecordError) -> Timestamp {
        Timestamp(microseconds: try integer(name))
    }

    func optionalTimestamp(_ name: String) throws(RecordError) -> Timestamp? {
        try optionalInteger(name).map { Timestamp(microseconds: $0) }
    }

    func duration(_ name: String) throws(RecordError) -> Duration {
        .microseconds(try integer(name))
    }

    func optionalDuration(_ name: String) throws(RecordError) -> Duration? {
        try optionalInteger(name).map { .microseconds($0) }
    }

    func optionalDurations(_ name: String) throws(RecordError) -> [Duration]? {
        try optional(name, "an array of integers") { value in
            guard let array = value.array else { return nil }
            let durations = array.compactMap { $0.integer.map { Duration.microseconds($0) } }
            return durations.count == array.count ? durations : nil
        }
    }

    func identifier<Owner>(_ name: String) throws(RecordError) -> Identifier<Owner> {
        Identifier(rawValue: try string(name))
    }

    func word<Word: RawRepresentable>(_ name: String) throws(RecordError) -> Word
    where Word.RawValue == String {
        try required(name, optionalWord(name))
    }

    func optionalWord<Word: RawRepresentable>(_ name: String) throws(RecordError) -> Word?
    where Word.RawValue == String {
        try optional(name, "one of the known words") { $0.string.flatMap { Word(rawValue: $0) } }
    }

    func strings(_ name: String) throws(RecordError) -> [String] {
        try required(name, optionalStrings(name))
    }

    func optionalStrings(_ name: String) throws(RecordError) -> [String]? {
        try optional(name, "an array of strings") { value in
            guard let array = value.array else { return nil }
            let strings = array.compactMap { $0.string }
            return strings.count == array.count ? strings : nil
        }
    }

    /// A nested object, or `nil` where there is none.
    func optionalRecord<Value>(
        _ name: String, _ read: (RecordReader) throws(RecordError) -> Value
    ) throws(RecordError) -> Value? {
        guard let value = object[name] else { return nil }
        return try read(RecordReader(value, path: "\(path).\(name)"))
    }

    func record<Value>(
        _ name: String, _ read: (RecordReader) throws(RecordError) -> Value
    ) throws(RecordError) -> Value {
        try required(name, optionalRecord(name, read))
    }

    /// An array of nested objects; a missing one is empty.
    func records<Value>(
        _ name: String, _ read: (RecordReader) throws(RecordError) -> Value
    ) throws(RecordError) -> [Value] {
        guard let value = object[name] else { return [] }
        guard let elements = value.array else {
            throw RecordError(path: "\(path).\(name)", reason: "is a \(value.kindName), not an array")
        }
        var result: [Value] = []
        for (index, element) in elements.enumerated() {
            result.append(try read(RecordReader(element, path: "\(path).\(name)[\(index)]")))
        }
        return result
    }

    private func optional<Value>(
        _ name: String, _ kind: String, _ convert: (JSONValue) -> Value?
    ) throws(RecordError) -> Value? {
        guard let value = object[name] else { return nil }
        guard let converted = convert(value) else {
            throw RecordError(path: "\(path).\(name)", reason: "is not \(kind)")
        }
        return converted
    }

    private func required<Value>(_ name: String, _ value: Value?) throws(RecordError) -> Value {
        guard let value else { throw RecordError(path: "\(path).\(name)", reason: "is missing") }
        return value
    }
}
