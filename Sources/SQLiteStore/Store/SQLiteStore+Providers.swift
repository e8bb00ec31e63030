package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    package func claimTickets(
        limit: Int, leaseUntil: Timestamp, now: Timestamp
    ) async throws(StoreError) -> [OpenTicket] {
        let rows = try await writer.perform { transaction throws(StoreError) in
            try transaction.claimTickets(limit: limit, leaseUntil: leaseUntil, now: now)
        }
        var claimed: [OpenTicket] = []
        var unreadable: StoreError?
        for row in rows {
            do throws(StoreError) { claimed.append(try row.ticket()) } catch { unreadable = error }
        }
        if claimed.isEmpty, let unreadable { throw unreadable }
        return claimed
    }

    package func nextTicketDue() async throws(StoreError) -> Timestamp? {
        try await readers.perform { connection throws(StoreError) in
            let due = try connection.first(TicketSQL.firstDue) { $0.timestamp(0) }
            let expiry = try connection.first(TicketSQL.firstExpiry) { $0.timestamp(0) }
            return [due, expiry].compactMap { $0 }.min()
        }
    }

    package func reschedule(_ ticket: OpenTicket) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in try transaction.reschedule(ticket) }
    }

    package func settle(_ ticket: OpenTicket, artifacts: [Artifact]) async throws(StoreError) {
        defer { withExtendedLifetime(artifacts) {} }
        try await writer.perform { transaction throws(StoreError) in
            try transaction.settle(ticket, artifacts: artifacts)
        }
    }

    package func openTicketCount(of provider: String) async throws(StoreError) -> Int {
        try await readers.perform { connection throws(StoreError) in
            let ended = try connection.first(TicketSQL.ofProvider, provider) { Int($0.integer(0)) }
            let live = try connection.first(TicketSQL.ofLiveJobs, Transaction.enclosed(provider)) {
                Int($0.integer(0))
            }
            return (ended ?? 0) + (live ?? 0)
        }
    }

    package func pauses() async throws(StoreError) -> [ProviderPause] {
        try await readers.perform { connection throws(StoreError) in
            try connection.all(
                "SELECT provider, until_at, reason, at FROM provider_pauses ORDER BY provider"
            ) {
                ProviderPause(
                    provider: $0.text(0), until: $0.optionalTimestamp(1), reason: $0.text(2),
                    at: $0.timestamp(3))
            }
        }
    }

    package func pause(_ pause: ProviderPause) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(
                """
                INSERT INTO provider_pauses (provider, until_at, reason, at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (provider) DO UPDATE SET until_at = ?2, reason = ?3, at = ?4
                """, pause.provider, pause.until, pause.reason, pause.at)
        }
    }

    package func resume(provider: String) async throws(StoreError) -> Bool {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run("DELETE FROM provider_pauses WHERE provider = ?1", provider)
            return transaction.connection.changedRows > 0
        }
    }
}
