internal import Persistence

/// A part of a newest-first list, by numbers that only grow: inserts never shift it.
struct Paging {
    /// 1–100.
    var limit: Int
    /// Only rows with a smaller number.
    var before: Int64

    /// Throws ``StoreError/missing(_:)`` for a cursor that no page gave.
    init(limit: Int, cursor: String?) throws(StoreError) {
        self.limit = min(max(limit, 1), 100)
        guard let cursor else {
            before = .max
            return
        }
        guard let number = Int64(cursor) else { throw .missing("cursor \(cursor.prefix(40))") }
        before = number
    }

    /// The page of `limit + 1` rows, of which the last only says that there is more.
    func page<Row, Item>(
        of rows: [Row], number: (Row) -> Int64, item: (Row) throws(StoreError) -> Item
    ) throws(StoreError) -> Page<Item> {
        var items: [Item] = []
        for row in rows.prefix(limit) {
            items.append(try item(row))
        }
        return Page(items: items, next: rows.count > limit ? "\(number(rows[limit - 1]))" : nil)
    }
}
