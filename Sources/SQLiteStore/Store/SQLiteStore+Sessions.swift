package import Persistence
package import ThumbwireKit

/// The statements on sessions.
enum SessionSQL {
    static let counts: StaticString = """
        SELECT coalesce(j.final_state, l.state), count(*)
        FROM jobs j LEFT JOIN live_jobs l ON l.job = j.number
        WHERE j.account = ?1 AND j.session = ?2
        GROUP BY 1
        """
}

extension SQLiteStore {
    package func jobCounts(
        of session: String, account: AccountID
    ) async throws(StoreError) -> [JobState: Int] {
        let rows = try await readers.perform { connection throws(StoreError) in
            try connection.all(SessionSQL.counts, account, session) {
                (state: JobState(rawValue: $0.text(0)), count: Int($0.integer(1)))
            }
        }
        return rows.reduce(into: [:]) { counts, row in
            if let state = row.state { counts[state, default: 0] += row.count }
        }
    }
}
