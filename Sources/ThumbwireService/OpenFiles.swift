internal import Glibc

/// How many descriptors this process may have, and what they are for.
enum OpenFiles {
    /// Clients, and receivers that have not answered yet, hold a connection each; more than this is never needed.
    private static let enough = 32_768
    /// What deliveries, providers and files may take of them.
    private static let ownUse = 4_096
    /// Each costs memory, too.
    private static let maximumClients = 16_384

    /// Raises the limit as far as the system lets us, as many start programs with 1 024; returns what it is then.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        if limit.rlim_cur < rlim_t(enough), limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = min(rlim_t(enough), limit.rlim_max)
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(min(limit.rlim_cur, rlim_t(enough)))
    }

    /// How many connections of clients there may be with that limit, and how many of them may wait for an answer: the
    /// others are for those who ask for something short.
    static func clients(of limit: Int) -> (connections: Int, waiting: Int) {
        let connections = min(maximumClients, max(limit * 3 / 4, limit - ownUse))
        return (connections, connections - min(connections / 4, 1_024))
    }
}
