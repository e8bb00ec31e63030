extension Server {
    /// Where a server listens and what it bears.
    package struct Configuration: Sendable {
        /// A numeric address; IPv6 with or without brackets. `::` takes IPv4 too.
        package var host: String
        /// 0 takes any free one.
        package var port: Int
        /// The longest body of a request; a route may set its own.
        package var maximumBodyBytes = 1 << 20
        /// What bodies above `maximumBodyBytes`, which routes may allow, take together at most; those above are
        /// answered 503.
        package var maximumLongBodyBytes = 512 << 20
        /// The longest head of a request: request line and headers.
        package var maximumHeaderBytes = 16 << 10
        package var maximumHeaderFields = 100
        /// Above it a few more connections are taken, answered by immediate handlers only and then closed, so
        /// that a health check always gets through.
        package var maximumConnections = 1024
        /// How many requests may wait in async handlers or be answered by streams at a time; those above are
        /// answered 503. `nil` means three quarters of `maximumConnections`.
        package var maximumWaiting: Int?
        /// How long a connection may be silent; full seconds.
        package var idleTimeout: Duration = .seconds(60)
        /// How long a request may take from its first byte to its last.
        package var requestDeadline: Duration = .seconds(30)
        /// Threads that read and write; immediate handlers run on them.
        package var threads = 2

        package init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }

        var waitingLimit: Int { max(1, maximumWaiting ?? maximumConnections * 3 / 4) }

        /// Connections above `maximumConnections`.
        var reservedConnections: Int { max(2 * threads, maximumConnections / 16) }
    }

    /// Why a server cannot start.
    package enum StartError: Error, Sendable, Equatable, CustomStringConvertible {
        case invalidHost(String)
        /// The address cannot be listened on; `reason` is the system's words.
        case cannotListen(host: String, port: Int, reason: String)
        /// libmicrohttpd refused, which is out of memory or threads.
        case cannotServe
        case alreadyStarted

        package var description: String {
            switch self {
            case .invalidHost(let host): "\(host) is not a numeric address"
            case .cannotListen(let host, let port, let reason):
                "cannot listen on \(host) port \(port): \(reason)"
            case .cannotServe: "cannot start the server's threads"
            case .alreadyStarted: "the server was started already"
            }
        }
    }
}
