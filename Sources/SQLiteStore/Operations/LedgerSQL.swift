/// The statements on credits; tests look at the plans of those that must not depend on history.
enum LedgerSQL {
    static let standing: StaticString = "SELECT is_metered, balance FROM accounts WHERE id = ?1"

    static let balance: StaticString = "SELECT balance FROM accounts WHERE id = ?1"

    static let cap: StaticString = "SELECT credit_cap, spent FROM keys WHERE id = ?1 AND account = ?2"

    /// The trigger adds the amount to the balance.
    static let add: StaticString = """
        INSERT INTO ledger (account, kind, amount, job, note, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """

    static let insertHold: StaticString = """
        INSERT INTO holds (job, account, key, credits, is_metered) VALUES (?1, ?2, ?3, ?4, ?5)
        """

    static let takeHold: StaticString = """
        DELETE FROM holds WHERE job = ?1 RETURNING account, key, credits, is_metered
        """

    static let held: StaticString = """
        SELECT coalesce(sum(credits), 0) FROM holds WHERE account = ?1 AND is_metered = 1
        """

    static let spend: StaticString = "UPDATE keys SET spent = spent + ?2 WHERE id = ?1"

    static let spent: StaticString = "SELECT spent FROM keys WHERE id = ?1"

    /// ?1 account · ?2 before this number · ?3 limit
    static let ofAccount: StaticString = """
        SELECT number, kind, amount, job, note, at FROM ledger
        WHERE account = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3
        """
}
