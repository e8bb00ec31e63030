internal import Glibc
internal import HTTP
internal import Webhooks

/// How many descriptors this process may have, and who may hold how many of them.
///
/// Clients, receivers that have not answered yet and connections kept for later hold one each. Each of them gets a share,
/// so that hundreds of receivers that hang leave enough for clients, files and those who answer.
struct OpenFiles {
    /// More than this is never needed.
    private static let enough: rlim_t = 32_768
    /// For the database, pictures, name look-ups, and what asks providers and sources.
    private static let reserve = 128
    /// Each costs memory, too.
    private static let maximumClients = 16_384
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
        return OpenFiles(limit: Int(clamping: min(limit.rlim_cur, enough)))
    }

    func bound(_ configuration: inout Dispatcher.Configuration) {
        configuration.maximumSlow = share(3, of: configuration.maximumSlow)
        configuration.maximumInFlight = share(2, of: configuration.maximumInFlight)
    }

    func bound(_ configuration: inout HTTPClient.Configuration) {
        configuration.maximumIdleConnections = share(1, of: configuration.maximumIdleConnections)
    }

    /// Clients get what those leave. Some of them may not wait for what comes later, so that those who ask for something
    /// short find room.
    func bound(
        _ configuration: inout Server.Configuration, beside dispatcher: Dispatcher.Configuration,
        _ client: HTTPClient.Configuration
    ) {
        let taken = dispatcher.maximumSlow + dispatcher.maximumInFlight + client.maximumIdleConnections
        // The server takes a sixteenth more, to tell those that there are too many.
        let connections = max(1, min(Self.maximumClients, (left - taken) * 15 / 16))
        configuration.maximumConnections = connections
        configuration.maximumWaiting = connections - min(connections / 4, 1_024)
    }

    /// What the reserve leaves.
    private var left: Int { max(limit - Self.reserve, limit / 2) }

    /// As many as are wanted, but no more than so many tenths of what the reserve leaves.
    private func share(_ tenths: Int, of wanted: Int) -> Int {
        max(1, min(wanted, left * tenths / 10))
    }
}
