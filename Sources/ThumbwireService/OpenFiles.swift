internal import Glibc

/// How many descriptors this process may have.
enum OpenFiles {
    /// Clients, and receivers that have not answered yet, hold a connection each; more than this is never needed.
    private static let enough: rlim_t = 16_384

    /// Raises the limit as far as the system lets us: many start programs with 1 024.
    static func raiseLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < enough
        else { return }
        limit.rlim_cur = min(enough, limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
