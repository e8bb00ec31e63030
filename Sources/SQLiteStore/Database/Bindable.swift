internal import CSQLite
internal import Signing
internal import ThumbwireKit

/// A value that a statement's parameter can be.
protocol Bindable {
    /// Binds a copy; returns SQLite's result code.
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32
}

extension Int64: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, self)
    }
}

extension Int: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, Int64(self))
    }
}

extension Bool: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, self ? 1 : 0)
    }
}

extension String: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        var text = self
        return text.withUTF8 { tw_sqlite_bind_text(statement, index, $0.baseAddress, Int32($0.count)) }
    }
}

extension Array: Bindable where Element == UInt8 {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        withUnsafeBytes { tw_sqlite_bind_blob(statement, index, $0.baseAddress, Int32($0.count)) }
    }
}

extension Optional: Bindable where Wrapped: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        switch self {
        case .some(let value): value.bind(to: statement, at: index)
        case .none: sqlite3_bind_null(statement, index)
        }
    }
}

extension Timestamp: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        microseconds.bind(to: statement, at: index)
    }
}

extension Identifier: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        rawValue.bind(to: statement, at: index)
    }
}

extension Sealed: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        bytes.bind(to: statement, at: index)
    }
}

/// UTF-8 that is stored as text, so that SQLite's JSON functions read it.
struct UTF8Text: Bindable {
    var bytes: [UInt8]

    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        bytes.withUnsafeBytes { tw_sqlite_bind_text(statement, index, $0.baseAddress, Int32($0.count)) }
    }
}
