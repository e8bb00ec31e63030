internal import CCurl
internal import CSystem
internal import Glibc
internal import Synchronization

/// Sends requests to other servers: one event-loop thread, its own name look-ups, kept connections, and an
/// address policy that holds at connect time.
package final class HTTPClient: Sendable {
    package struct Configuration: Sendable {
        package var userAgent = "Thumbwire"
        /// PEM file of authorities to trust besides the system's.
        package var certificateAuthorityFile: String?
        /// Connections kept open without a request, over all hosts.
        package var maximumIdleConnections = 256
        /// How long an unused connection is reused, in whole seconds.
        package var maximumIdleTime: Duration = .seconds(60)
        /// Finds a host's addresses; runs on threads of its own and may block.
        package var resolve: @Sendable (String) throws -> [IPAddress] = SystemResolver.resolve
        /// How long a look-up may take, whatever the request's deadline is.
        package var resolverTimeout: Duration = .seconds(5)
        /// How long an answer is good for further requests; each of them judges it by its own policy.
        package var resolverCacheLifetime: Duration = .seconds(1)
        package var maximumResolverThreads = 32
        /// Look-ups waiting for a thread; one more fails at once.
        package var maximumResolverQueue = 1_024

        package init() {}
    }

    /// The system had no descriptor or thread left.
    package struct StartFailure: Error, CustomStringConvertible {
        package let call: String
        /// The `errno` of it.
        package let code: Int32

        package var description: String { "\(call): \(String(cString: strerror(code)).lowercased())" }
    }

    /// What a look ahead at a URL found.
    package enum Precheck: Sendable, Equatable {
        case allowed
        /// The name has no address now; it may have one later.
        case unresolved
    }

    /// libcurl wants this once in a process, before anything else.
    private static let globalInit: Void = { curl_global_init(Int(CURL_GLOBAL_ALL)) }()

    private let mailbox: Mailbox
    private let urls = URLCache()
    private let lastID = Atomic<UInt64>(0)

    package init(configuration: Configuration = Configuration()) throws(StartFailure) {
        Self.globalInit
        let mailbox = try Mailbox()
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw StartFailure(call: "epoll_create1", code: errno) }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.fd = mailbox.wakeDescriptor
        epoll_ctl(epoll, EPOLL_CTL_ADD, mailbox.wakeDescriptor, &event)
        self.mailbox = mailbox
        let isStarted = DetachedThread.start(name: "http-client") {
            Self.serve(mailbox: mailbox, epoll: epoll, configuration: configuration)
        }
        guard isStarted else {
            close(epoll)
            throw StartFailure(call: "pthread_create", code: EAGAIN)
        }
    }

    deinit {
        mailbox.post(.stop {})
    }

    /// Sends a request and waits for the whole answer. Cancelling the task ends the transfer.
    package func send(
        _ request: OutboundRequest, policy: AddressPolicy
    ) async throws(ClientError) -> OutboundResponse {
        let url = try urls.parts(of: request.url)
        let exchange = try OutboundExchange(request, to: url, id: nextID(), policy: policy)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                exchange.expect(continuation)
                if !mailbox.post(.start(exchange)) { exchange.finish(.failure(.shutdown)) }
            }
        } onCancel: {
            exchange.isCancelled.store(true, ordering: .relaxed)
            mailbox.post(.cancel(exchange))
        }
        return try outcome.get()
    }

    /// Judges a URL before it is stored: its form, and where its host leads today. Every request judges again.
    ///
    /// - Throws: `invalidURL`, `blockedAddress`, `cancelled` or `shutdown`.
    package func precheck(_ url: String, policy: AddressPolicy) async throws(ClientError) -> Precheck {
        let parts = try URLParts(url)
        try policy.check(url: url)
        guard parts.literal == nil else { return .allowed }
        do throws(ClientError) {
            try policy.require(try await lookUp(parts.host).get(), host: parts.host)
            return .allowed
        } catch .dnsFailure, .dnsTimeout {
            return .unresolved
        }
    }

    /// Ends every transfer with `shutdown` and returns when the client's thread is about to end.
    package func shutdown() async {
        await withCheckedContinuation { continuation in
            if !mailbox.post(.stop { continuation.resume() }) { continuation.resume() }
        }
    }

    private func lookUp(_ host: String) async -> Result<[IPAddress], ClientError> {
        let id = nextID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let message = Mailbox.Message.lookUp(host: host, id: id) {
                    continuation.resume(returning: $0)
                }
                if !mailbox.post(message) { continuation.resume(returning: .failure(.shutdown)) }
            }
        } onCancel: {
            mailbox.post(.cancelLookUp(id))
        }
    }

    private func nextID() -> UInt64 {
        lastID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    private static func serve(mailbox: Mailbox, epoll: Int32, configuration: Configuration) {
        var waiting: [@Sendable () -> Void]
        if let loop = TransferLoop(mailbox: mailbox, epoll: epoll, configuration: configuration) {
            waiting = loop.run()
        } else {
            close(epoll)
            waiting = TransferLoop.refuseAll(of: mailbox)
        }
        for tell in waiting { tell() }
    }
}
