import TestSupport
import Testing

@testable import SQLiteStore

/// What a key costs must not grow with how many there are, nor a session's list with how many jobs others have.
@Suite struct IdempotencyPlanTests {
    @Test(arguments: [
        (IdempotencySQL.one, ["SEARCH idempotency_keys USING PRIMARY KEY (scope=?)"]),
        (
            IdempotencySQL.removeExpired,
            [
                "SEARCH idempotency_keys USING PRIMARY KEY (scope=?)",
                "SEARCH idempotency_keys USING COVERING INDEX idempotency_keys_by_age (created_at<?)",
            ]
        ),
        (SessionSQL.counts, ["SEARCH j USING INDEX jobs_of_session (account=? AND session=?)"]),
    ])
    func `looks only into its index`(sql: StaticString, steps: [String]) async throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/plan.db", role: .writer(synchronous: .full))
        try Schema.migrate(connection, path: folder.path)

        let plan = try connection.plan(of: "\(sql)")

        for step in steps { #expect(plan.contains(step), "\(plan)") }
        #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
    }
}
