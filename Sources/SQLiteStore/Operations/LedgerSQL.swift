/// The statements on credits; tests look at the plans of those that must not depend on history.
enum LedgerSQL {
    /// ?1 account · ?2 key or NULL
    static let standing: StaticString = """
        SELECT a.is_metered, a.balance, k.id, k.credit_cap, k.spent
        FROM accounts a LEFT JOIN keys k ON k.id = ?2 AND k.account = a.id WHERE a.id = ?1
        """

    static let balance: StaticString = "SELECT balance FROM accounts WHERE id = ?1"

    /// The trigger adds the amount to the balance.
    static let add: StaticString = """
        INSERT INTO ledger (account, kind, amount, job, note, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """

    static let insertHold: StaticString = """
        INSERT INTO holds (job, account, key, credits, is_metered) VALUES (?1, ?2, ?3, ?4, ?5)
        """

    /// Asked before each end of a job: a third of the price of a DELETE that finds nothing.
    static let hold: StaticString = "SELECT account, key, credits, is_metered FROM holds WHERE job = ?1"

    static let deleteHold: StaticString = "DELETE FROM holds WHERE job = ?1"

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
