internal import CSQLite
internal import Persistence

/// One SQLite connection with its prepared statements; used by the one thread that opened it.
final class Connection {
    /// How a connection may touch the file.
    enum Role {
        /// Reads, writes and makes checkpoints; there is one.
        case writer(synchronous: Synchronous)
        /// Reads only.
        case reader
    }

    /// `PRAGMA synchronous`.
    enum Synchronous: String {
        /// Syncs nothing, or only at checkpoints; there to prove that the test of durability can fail.
        case off = "OFF"
        case normal = "NORMAL"
        /// Syncs the log before a commit returns.
        case full = "FULL"
    }

    // Refused once a VFS of the tests has begun to use SQLite, which does no harm.
    private static let setUp: Void = { _ = tw_sqlite_count_no_memory() }()

    private let handle: OpaquePointer
    private let logLength = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    private let isReader: Bool
    // Keyed by where the literal lies in memory: hashing the text of each statement costs more than its binding.
    private var statements: [UnsafePointer<UInt8>: OpaquePointer] = [:]

    /// Opens the file, which a reader expects to exist. `vfs` names a registered SQLite VFS; `nil` is the default.
    init(path: String, role: Role, vfs: String? = nil) throws(StoreError) {
        Self.setUp
        let access: Int32
        switch role {
        case .writer:
            isReader = false
            access = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .reader:
            isReader = true
            access = SQLITE_OPEN_READONLY
        }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        guard let opened, code == SQLITE_OK else {
            sqlite3_close_v2(opened)
            throw .database(
                code: code, message: String(cString: sqlite3_errstr(code)), statement: "open \(path)")
        }
        handle = opened
        logLength.initialize(to: 0)
        try configure(role)
    }

    deinit {
        for statement in statements.values {
            sqlite3_finalize(statement)
        }
        sqlite3_close_v2(handle)
        logLength.deallocate()
    }

    /// Pages in the log after the newest commit, those included that were copied into the database since.
    var logPages: Int { logLength.pointee }

    /// The row id of the newest insert.
    var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// How many rows the newest statement wrote.
    var changedRows: Int { Int(sqlite3_changes(handle)) }

    /// How many rows were written since the connection was opened.
    var totalChangedRows: Int { Int(sqlite3_total_changes(handle)) }

    /// False when SQLite has rolled the transaction back by itself, as it does when the disk is full.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs a statement to its end.
    func run(_ sql: StaticString, _ values: any Bindable...) throws(StoreError) {
        let statement = try prepared(sql, values)
        defer { sqlite3_reset(statement) }
        while try step(statement, sql) {}
    }

    /// The first row, or `nil`.
    func first<Value>(
        _ sql: StaticString, _ values: any Bindable..., read: (Row) throws(StoreError) -> Value
    ) throws(StoreError) -> Value? {
        let statement = try prepared(sql, values)
        defer { sqlite3_reset(statement) }
        guard try step(statement, sql) else { return nil }
        return try read(Row(statement: statement))
    }

    /// Every row.
    func all<Value>(
        _ sql: StaticString, _ values: any Bindable..., read: (Row) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        try all(sql, values, read: read)
    }

    /// Every row, for values that are counted only when the statement is known.
    func all<Value>(
        _ sql: StaticString, _ values: [any Bindable], read: (Row) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        let statement = try prepared(sql, values)
        defer { sqlite3_reset(statement) }
        var result: [Value] = []
        while try step(statement, sql) {
            result.append(try read(Row(statement: statement)))
        }
        return result
    }

    /// Row after row, until `take` says that it is enough.
    func each(
        _ sql: StaticString, _ values: any Bindable..., take: (Row) throws(StoreError) -> Bool
    ) throws(StoreError) {
        let statement = try prepared(sql, values)
        defer { sqlite3_reset(statement) }
        while try step(statement, sql), try take(Row(statement: statement)) {}
    }

    /// Runs statements that are not worth keeping: schema and settings.
    func execute(_ script: String) throws(StoreError) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, statement: script) }
    }

    /// The steps of SQLite's plan for a statement.
    func plan(of sql: String) throws(StoreError) -> [String] {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, "EXPLAIN QUERY PLAN " + sql, -1, &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code, statement: sql) }
        defer { sqlite3_finalize(statement) }
        var steps: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            steps.append(Row(statement: statement).text(3))
        }
        return steps
    }

    private func configure(_ role: Role) throws(StoreError) {
        for (option, isOn) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
            (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, isReader ? 1 : 0),
        ] {
            let code = tw_sqlite_switch(handle, option, Int32(isOn))
            guard code == SQLITE_OK else { throw failure(code, statement: "sqlite3_db_config \(option)") }
        }
        try execute("PRAGMA mmap_size = 0; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
        switch role {
        case .writer(let synchronous):
            try execute(
                """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = \(synchronous.rawValue);
                PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8000
                """)
            // In the place of automatic checkpoints, which the caller of a commit would wait for.
            sqlite3_wal_hook(
                handle,
                { pages, _, _, count in
                    pages?.storeBytes(of: Int(count), as: Int.self)
                    return SQLITE_OK
                }, logLength)
        case .reader:
            try execute("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0")
        }
    }

    private func prepared(
        _ sql: StaticString, _ values: [any Bindable]
    ) throws(StoreError) -> OpaquePointer {
        let statement = try cached(sql)
        for (index, value) in values.enumerated() {
            let code = value.bind(to: statement, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw failure(code, statement: "\(sql)") }
        }
        return statement
    }

    private func cached(_ sql: StaticString) throws(StoreError) -> OpaquePointer {
        if let statement = statements[sql.utf8Start] { return statement }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(
            handle, UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self),
            Int32(sql.utf8CodeUnitCount), UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code, statement: "\(sql)") }
        statements[sql.utf8Start] = statement
        return statement
    }

    /// True on a row, false at the end.
    private func step(_ statement: OpaquePointer, _ sql: StaticString) throws(StoreError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code, statement: "\(sql)")
        }
    }

    private func failure(_ code: Int32, statement: String) -> StoreError {
        let message = String(cString: sqlite3_errmsg(handle))
        switch code & 0xFF {
        case SQLITE_FULL, SQLITE_READONLY: return .cannotWrite(message)
        case SQLITE_IOERR where !isReader: return .cannotWrite("\(message) (SQLite code \(code))")
        default: return .database(code: code, message: message, statement: statement)
        }
    }
}

extension StoreError {
    /// The row breaks `UNIQUE` or the primary key.
    var isUniqueViolation: Bool {
        guard case .database(let code, _, _) = self else { return false }
        return code == uniqueCode || code == primaryKeyCode
    }

    /// The row refers to a row that does not exist.
    var isForeignKeyViolation: Bool {
        guard case .database(let code, _, _) = self else { return false }
        return code == foreignKeyCode
    }
}

/// Extended result codes are macros with shifts, which Swift does not import (sqlite.org/rescode.html).
private let foreignKeyCode = SQLITE_CONSTRAINT | 3 << 8
private let primaryKeyCode = SQLITE_CONSTRAINT | 6 << 8
private let uniqueCode = SQLITE_CONSTRAINT | 8 << 8
