import Persistence
import ThumbwireKit

/// What the jobs of a key may cost.
struct CreditStanding: Hashable {
    /// Stands for no limit in headers that have to be numbers.
    static let unlimited = 1_000_000_000

    /// The key's cap, else what was spent with it and the balance together.
    var limit: Int
    /// Held credits are taken off.
    var remaining: Int
}

extension Call {
    /// What this key's jobs may still cost, as the store has it now.
    func creditStanding() async throws(StoreError) -> CreditStanding {
        let store = context.store
        let isMetered = try await store.account(account)?.isMetered ?? false
        guard isMetered || key.creditCap != nil else {
            return CreditStanding(limit: CreditStanding.unlimited, remaining: CreditStanding.unlimited)
        }
        let spent = try await store.spending(of: key.id)
        let balance = isMetered ? try await store.balance(of: account) : nil
        let ofCap = key.creditCap.map { $0 - spent }
        let remaining = max(0, min(ofCap ?? .max, balance ?? .max))
        return CreditStanding(limit: key.creditCap ?? spent + remaining, remaining: remaining)
    }
}
