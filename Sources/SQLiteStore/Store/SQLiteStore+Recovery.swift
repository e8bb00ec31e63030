package import Persistence
package import Signing
package import ThumbwireKit

extension SQLiteStore {
    private var absent: StoreError { .database(code: 0, message: "not written yet", statement: "") }

    package func setSecret(
        _ secret: Sealed, of endpoint: EndpointID, account: AccountID
    ) async throws(StoreError) -> Bool { throw absent }
    package func setCallbackSecret(
        _ secret: Sealed, of account: AccountID
    ) async throws(StoreError) -> Bool { throw absent }
    package func removeExpiredEndpoints(now: Timestamp) async throws(StoreError) -> Int { 0 }
    package func resend(
        _ id: DeliveryID, of account: AccountID, now: Timestamp
    ) async throws(StoreError) -> Delivery? { throw absent }
    package func recover(_ query: RecoveryQuery, now: Timestamp) async throws(StoreError) -> Int {
        throw absent
    }
    package func attempts(_ query: AttemptQuery) async throws(StoreError) -> Page<Attempt> { throw absent }
}
