package import Persistence
package import ThumbwireKit

extension SQLiteStore {
    private var absent: StoreError { .database(code: 0, message: "not written yet", statement: "") }

    package func markAnswered(_ job: JobID) async throws(StoreError) {}
    package func claimTickets(
        limit: Int, leaseUntil: Timestamp, now: Timestamp
    ) async throws(StoreError) -> [OpenTicket] { [] }
    package func nextTicketDue() async throws(StoreError) -> Timestamp? { nil }
    package func reschedule(_ ticket: OpenTicket) async throws(StoreError) { throw absent }
    package func settle(_ ticket: OpenTicket, artifacts: [Artifact]) async throws(StoreError) { throw absent }
    package func openTicketCount(of provider: String) async throws(StoreError) -> Int { 0 }
    package func pauses() async throws(StoreError) -> [ProviderPause] { [] }
    package func pause(_ pause: ProviderPause) async throws(StoreError) { throw absent }
    package func resume(provider: String) async throws(StoreError) -> Bool { throw absent }
    package func insert(_ artifact: Artifact) async throws(StoreError) {
        try await writer.perform { transaction throws(StoreError) in
            try transaction.connection.run(
                JobSQL.insertArtifact, artifact.id, artifact.account, artifact.job, artifact.fileName,
                artifact.sha256, artifact.mediaType, artifact.bytes, artifact.createdAt)
        }
    }
    package func update(_ account: Account) async throws(StoreError) -> Bool { throw absent }
    package func grant(
        _ amount: Int, to account: AccountID, note: String?, at moment: Timestamp
    ) async throws(StoreError) -> Int { throw absent }
    package func balance(of account: AccountID) async throws(StoreError) -> Int { throw absent }
    package func spending(of key: KeyID) async throws(StoreError) -> Int { throw absent }
    package func ledger(
        of account: AccountID, limit: Int, cursor: String?
    ) async throws(StoreError) -> Page<LedgerEntry> { throw absent }
    package func touch(_ keys: [KeyID: Timestamp]) async throws(StoreError) {}
    package func emit(_ events: [Event]) async throws(StoreError) { throw absent }
    package func administrators(now: Timestamp) async throws(StoreError) -> [AccountID] { throw absent }
}
