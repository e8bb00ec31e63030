internal import Persistence
internal import ThumbwireKit

/// The statements on paused chains. A job that waits for one rests until its deadline.
enum ChainPauseSQL {
    static let all: StaticString = """
        SELECT chain, until_at, reason, at, is_over FROM chain_pauses ORDER BY chain
        """

    static let isInForce: StaticString = """
        SELECT 1 FROM chain_pauses WHERE chain = ?1 AND is_over = 0 AND (until_at IS NULL OR until_at > ?2)
        """

    static let pause: StaticString = """
        INSERT INTO chain_pauses (chain, until_at, reason, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (chain) DO UPDATE SET until_at = ?2, reason = ?3, at = ?4, is_over = 0
        """

    static let end: StaticString = "UPDATE chain_pauses SET is_over = 1 WHERE chain = ?1 AND is_over = 0"

    static let isOver: StaticString = "SELECT 1 FROM chain_pauses WHERE chain = ?1 AND is_over = 1"

    static let delete: StaticString = "DELETE FROM chain_pauses WHERE chain = ?1 AND is_over = 1"

    static let rest: StaticString = """
        UPDATE live_jobs SET is_ready = 0, due_at = ?2 WHERE job = ?1 AND lease_id IS NULL
        """

    static let insert: StaticString = "INSERT OR IGNORE INTO paused_jobs (job, chain) VALUES (?1, ?2)"

    static let waiting: StaticString = "SELECT job FROM paused_jobs WHERE chain = ?1 ORDER BY job LIMIT ?2"

    static let letGo: StaticString = """
        UPDATE live_jobs SET is_ready = 1, due_at = ?2 WHERE job = ?1 AND lease_id IS NULL AND is_ready = 0
        """

    static let forget: StaticString = "DELETE FROM paused_jobs WHERE job = ?1"

    static let forgetEnded: StaticString = """
        DELETE FROM paused_jobs WHERE NOT EXISTS (SELECT 1 FROM live_jobs l WHERE l.job = paused_jobs.job)
        """
}

extension Transaction {
    /// Has the job, which nobody holds, rest until its deadline or until its chain is resumed; it stays as it is where
    /// the chain is not paused.
    func awaitChain(of job: Job, number: Int64, at now: Timestamp) throws(StoreError) {
        let chain = job.pin.name
        guard try connection.first(ChainPauseSQL.isInForce, chain, now, read: { _ in true }) != nil else {
            return
        }
        try connection.run(ChainPauseSQL.insert, number, chain)
        try connection.run(ChainPauseSQL.rest, number, job.deadline)
    }

    func pause(_ pause: ChainPause) throws(StoreError) {
        try connection.run(ChainPauseSQL.pause, pause.chain, pause.until, pause.reason, pause.at)
    }

    /// False when the chain was not paused.
    func endPause(of chain: String) throws(StoreError) -> Bool {
        try connection.run(ChainPauseSQL.end, chain)
        return connection.changedRows > 0
    }

    /// True where more may wait.
    func letGo(ofChain chain: String, limit: Int, now: Timestamp) throws(StoreError) -> Bool {
        guard try connection.first(ChainPauseSQL.isOver, chain, read: { _ in true }) != nil else {
            return false
        }
        let waiting = try connection.all(ChainPauseSQL.waiting, chain, limit) { $0.integer(0) }
        for number in waiting {
            try connection.run(ChainPauseSQL.letGo, number, now)
            try connection.run(ChainPauseSQL.forget, number)
        }
        if !waiting.isEmpty { note(.jobClaimable) }
        guard waiting.count < limit else { return true }
        try connection.run(ChainPauseSQL.delete, chain)
        return false
    }
}
