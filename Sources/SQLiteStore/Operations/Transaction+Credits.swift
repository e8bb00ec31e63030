internal import Persistence
internal import ThumbwireKit

extension Transaction {
    /// What a job takes from its account when it is accepted.
    struct Charge {
        var credits: Int
        /// True where the account's balance pays.
        var isMetered: Bool
        /// The key whose spending counts it; `nil` where the job has none that exists.
        var key: KeyID?
    }

    enum Affordability {
        /// With `nil` for nobody's cost.
        case affordable(Charge?)
        case insufficient(available: Int)
    }

    /// Whether the account and the key can pay for the job. An account that does not exist is left to the insert.
    func affordability(of job: Job) throws(StoreError) -> Affordability {
        guard job.credits > 0 else { return .affordable(nil) }
        let payer = try connection.first(LedgerSQL.standing, job.account, job.key) {
            (
                isMetered: $0.bool(0), balance: Int($0.integer(1)),
                key: $0.optionalText(2).map { KeyID(rawValue: $0) },
                left: $0.isNull(3) ? nil : Int($0.integer(3) - $0.integer(4))
            )
        }
        guard let payer, payer.isMetered || payer.left != nil else { return .affordable(nil) }
        let available = min(payer.isMetered ? payer.balance : .max, payer.left ?? .max)
        guard available >= job.credits else { return .insufficient(available: max(0, available)) }
        return .affordable(
            Charge(credits: job.credits, isMetered: payer.isMetered, key: payer.key))
    }

    func hold(_ charge: Charge, for job: Job, number: Int64) throws(StoreError) {
        try connection.run(
            LedgerSQL.insertHold, number, job.account, charge.key, charge.credits, charge.isMetered)
        if let key = charge.key { try connection.run(LedgerSQL.spend, key, charge.credits) }
        guard charge.isMetered else { return }
        try add(
            LedgerEntry(kind: .hold, amount: -charge.credits, job: job.id, at: job.createdAt),
            to: job.account)
    }

    /// Keeps what a completed job held, gives it back otherwise. The row of the hold is gone then, so that nothing is
    /// settled twice; the ledger's own index forbids it as well.
    func settleHold(of job: Job, number: Int64) throws(StoreError) {
        let hold = try connection.first(LedgerSQL.hold, number) {
            (
                account: $0.identifier(0) as AccountID, key: $0.optionalText(1),
                credits: Int($0.integer(2)), isMetered: $0.bool(3)
            )
        }
        guard let hold else { return }
        try connection.run(LedgerSQL.deleteHold, number)
        let isKept = job.state == .completed
        if !isKept, let key = hold.key { try connection.run(LedgerSQL.spend, key, -hold.credits) }
        guard hold.isMetered else { return }
        try add(
            LedgerEntry(
                kind: isKept ? .capture : .release, amount: isKept ? 0 : hold.credits, job: job.id,
                at: job.finishedAt ?? clock.now()),
            to: hold.account)
    }

    /// The new balance.
    func grant(
        _ amount: Int, to account: AccountID, note: String?, at moment: Timestamp
    ) throws(StoreError) -> Int {
        try add(LedgerEntry(kind: .grant, amount: amount, note: note, at: moment), to: account)
        return try connection.balance(of: account)
    }

    private func add(_ entry: LedgerEntry, to account: AccountID) throws(StoreError) {
        let what = entry.job.map { "a line \"\(entry.kind.rawValue)\" of job \($0)" } ?? "the line"
        try naming(unique: what, foreign: "account \(account)") { () throws(StoreError) in
            try connection.run(
                LedgerSQL.add, account, entry.kind.rawValue, entry.amount, entry.job, entry.note, entry.at)
        }
    }
}

extension Connection {
    /// Throws ``StoreError/missing(_:)`` where there is no such account.
    func balance(of account: AccountID) throws(StoreError) -> Int {
        guard let balance = try first(LedgerSQL.balance, account, read: { Int($0.integer(0)) }) else {
            throw .missing("account \(account)")
        }
        return balance
    }
}
