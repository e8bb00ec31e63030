internal import CSQLite
internal import Persistence
internal import Signing
internal import ThumbwireKit

/// The row that a statement stands on; valid until the statement steps on.
struct Row {
    private let statement: OpaquePointer

    init(statement: OpaquePointer) {
        self.statement = statement
    }

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(statement, column) == SQLITE_NULL
    }

    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(statement, column)
    }

    func optionalInteger(_ column: Int32) -> Int64? {
        isNull(column) ? nil : integer(column)
    }

    func bool(_ column: Int32) -> Bool {
        integer(column) != 0
    }

    /// The bytes of a blob or of UTF-8 text; empty for NULL.
    func bytes(_ column: Int32) -> [UInt8] {
        // SQLite asks for the pointer before the length.
        let pointer = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return Array(UnsafeRawBufferPointer(start: pointer, count: pointer == nil ? 0 : count))
    }

    func text(_ column: Int32) -> String {
        let pointer = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(
            decoding: UnsafeRawBufferPointer(start: pointer, count: pointer == nil ? 0 : count), as: UTF8.self
        )
    }

    func optionalText(_ column: Int32) -> String? {
        isNull(column) ? nil : text(column)
    }

    func timestamp(_ column: Int32) -> Timestamp {
        Timestamp(microseconds: integer(column))
    }

    func optionalTimestamp(_ column: Int32) -> Timestamp? {
        optionalInteger(column).map { Timestamp(microseconds: $0) }
    }

    func identifier<Owner>(_ column: Int32) -> Identifier<Owner> {
        Identifier(rawValue: text(column))
    }

    func sealed(_ column: Int32) -> Sealed {
        Sealed(bytes: bytes(column))
    }

    /// One of a closed set of words; throws where the database holds another.
    func word<Word: RawRepresentable>(_ column: Int32) throws(StoreError) -> Word
    where Word.RawValue == String {
        let text = text(column)
        guard let word = Word(rawValue: text) else {
            throw .unreadable("\"\(text)\" is no \(Word.self)")
        }
        return word
    }

    /// A comma-separated list of words.
    func words<Word: RawRepresentable>(_ column: Int32) throws(StoreError) -> [Word]
    where Word.RawValue == String {
        var words: [Word] = []
        for part in text(column).split(separator: ",") {
            guard let word = Word(rawValue: String(part)) else {
                throw .unreadable("\"\(part)\" is no \(Word.self)")
            }
            words.append(word)
        }
        return words
    }
}

extension StoreError {
    /// The database holds something that this version does not understand.
    static func unreadable(_ what: String) -> StoreError {
        .database(code: SQLITE_CORRUPT, message: what, statement: "a stored row")
    }

    /// As ``unreadable(_:)`` says, or SQLite itself of a page.
    var isUnreadable: Bool {
        guard case .database(let code, _, _) = self else { return false }
        return code & 0xFF == SQLITE_CORRUPT
    }
}

/// A set of words as ``Row/words(_:)`` reads it, in the order of their declaration.
func commaSeparated<Word: RawRepresentable & CaseIterable & Hashable>(_ words: Set<Word>) -> String
where Word.RawValue == String {
    Word.allCases.filter { words.contains($0) }.map { $0.rawValue }.joined(separator: ",")
}
