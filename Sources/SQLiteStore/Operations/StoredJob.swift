internal import Persistence
internal import ThumbwireKit

/// A job as its row has it; parsed where that holds nobody up.
struct StoredJob: Sendable {
    var number: Int64
    var columns: JobRecord.Columns
    var accepted: [UInt8]
    var progress: [UInt8]

    /// Reads the columns of ``JobSQL/one`` and its like.
    init(row: Row) throws(StoreError) {
        number = row.integer(0)
        columns = JobRecord.Columns(
            id: row.identifier(1), account: row.identifier(2), session: row.text(3),
            state: try row.word(4), startedAt: row.optionalTimestamp(5),
            callbackStatus: row.optionalInteger(6).map { Int($0) })
        accepted = row.bytes(7)
        progress = row.bytes(8)
    }

    func job() throws(StoreError) -> Job {
        do throws(RecordError) {
            return try JobRecord.job(accepted: accepted, progress: progress, columns: columns)
        } catch {
            throw .unreadable("job \(columns.id): \(error)")
        }
    }

    /// The job without what became of it; `nil` where not even that can be read.
    func jobAsAccepted() -> Job? {
        try? JobRecord.job(accepted: accepted, columns: columns)
    }
}
