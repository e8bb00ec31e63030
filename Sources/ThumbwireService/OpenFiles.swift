internal import Glibc
internal import HTTP
internal import Webhooks

/// How many descriptors this process may have, and who may hold how many of them.
///
/// Clients, receivers that have not answered yet and connections kept for later hold one each. Each of them gets a share,
/// so that hundreds of receivers that hang leave enough for clients, files and those who answer.
struct OpenFiles {
    /// More than this is never needed.
    private static let enough: rlim_t = 16_384
    /// For the database, pictures, name look-ups, and what asks providers and sources.
    private static let reserve = 128
    /// Below it the shares are less than what a service may use.
    static let few = 8_192

    /// Descriptors that the process may have open.
    let limit: Int

    /// Raises the limit as far as the system lets us: many start programs with 1 024.
    static func raisingLimit() -> OpenFiles {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return OpenFiles(limit: 1_024) }
        if limit.rlim_cur < enough {
            let before = limit.rlim_cur
            limit.rlim_cur = min(enough, limit.rlim_max)
            if setrlimit(resource, &limit) != 0 { limit.rlim_cur = before }
        }
        return OpenFiles(limit: Int(clamping: limit.rlim_cur))
    }

    func bound(_ configuration: inout Server.Configuration) {
        configuration.maximumConnections = share(3, of: configuration.maximumConnections)
    }

    func bound(_ configuration: inout Dispatcher.Configuration) {
        configuration.maximumSlow = share(3, of: configuration.maximumSlow)
        configuration.maximumInFlight = share(2, of: configuration.maximumInFlight)
    }

    func bound(_ configuration: inout HTTPClient.Configuration) {
        configuration.maximumIdleConnections = share(1, of: configuration.maximumIdleConnections)
    }

    /// As many as are wanted, but no more than so many tenths of what the reserve leaves.
    private func share(_ tenths: Int, of wanted: Int) -> Int {
        let left = max(limit - Self.reserve, limit / 2)
        return max(1, min(wanted, left * tenths / 10))
    }
}
