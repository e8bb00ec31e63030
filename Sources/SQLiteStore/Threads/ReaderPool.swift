internal import Foundation
internal import Persistence

/// Threads with a read-only connection each.
final class ReaderPool: Sendable {
    private struct Query: Sendable {
        var run: @Sendable (Connection) -> Void
        var fail: @Sendable (StoreError) -> Void
    }

    private let mailbox = Mailbox<Query>()
    private let ended: [Handoff<Void>]

    /// Starts the threads; each opens its connection with its first query.
    init(path: String, vfs: String?, threads: Int) {
        ended = (0..<threads).map { _ in Handoff<Void>() }
        for (number, ended) in ended.enumerated() {
            let thread = Thread { [mailbox] in
                Self.serve(mailbox, path: path, vfs: vfs)
                ended.give(())
            }
            thread.name = "store-reader-\(number + 1)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    deinit {
        mailbox.close()
    }

    /// Runs a query on what is committed now.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, StoreError>, Never>) in
            let query = Query(
                run: { connection in
                    continuation.resume(
                        returning: Result { () throws(StoreError) in try body(connection) })
                },
                fail: { continuation.resume(returning: .failure($0)) })
            if !mailbox.append(query) {
                continuation.resume(returning: .failure(.closed))
            }
        }
        return try result.get()
    }

    /// Answers what was asked and closes the connections; blocks until that is done.
    func close() {
        mailbox.close()
        for ended in ended { ended.take() }
    }

    private static func serve(_ mailbox: Mailbox<Query>, path: String, vfs: String?) {
        var connection: Connection?
        while let queries = mailbox.take(atMost: 1) {
            for query in queries {
                do throws(StoreError) {
                    if connection == nil {
                        connection = try Connection(path: path, role: .reader, vfs: vfs)
                    }
                } catch {
                    query.fail(error)
                }
                if let connection { query.run(connection) }
            }
        }
    }
}
