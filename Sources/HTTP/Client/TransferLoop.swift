internal import CSystem
internal import Glibc
internal import Synchronization

/// The client's one event loop; everything in it happens on its own thread.
final class TransferLoop {
    private let mailbox: Mailbox
    private let configuration: HTTPClient.Configuration
    private let epoll: Int32
    private let multi: CurlMulti
    private let lookups: NameLookups
    private var exchanges: [UInt64: OutboundExchange] = [:]
    private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
    private var headDeadlines = DeadlineHeap()
    /// Whom to tell when the loop has ended; it ends once there is somebody.
    private var stopping: [@Sendable () -> Void] = []

    /// Takes the epoll descriptor over. `nil` when memory is out.
    init?(mailbox: Mailbox, epoll: Int32, configuration: HTTPClient.Configuration) {
        guard
            let multi = CurlMulti(
                epoll: epoll, maximumIdleConnections: configuration.maximumIdleConnections)
        else { return nil }
        self.mailbox = mailbox
        self.epoll = epoll
        self.multi = multi
        self.configuration = configuration
        lookups = NameLookups(configuration: configuration) { [mailbox] host, result in
            mailbox.post(.answered(host: host, result))
        }
    }

    deinit {
        close(epoll)
    }

    /// Serves until a message says stop.
    ///
    /// - Returns: Whom to tell when the loop has been let go of.
    func run() -> [@Sendable () -> Void] {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while stopping.isEmpty {
            let count = epoll_wait(epoll, &events, Int32(events.count), waitMilliseconds())
            for event in events.prefix(Int(max(0, count))) {
                if event.data.fd == mailbox.wakeDescriptor {
                    for message in mailbox.takeAll() { receive(message) }
                } else {
                    multi.handle(event)
                }
            }
            let now = ContinuousClock.now
            multi.fireTimer(at: now)
            lookups.expire(at: now)
            endOverdue(at: now)
            while let (easy, code) = multi.nextFinished() {
                guard let transfer = transfers[easy] else { continue }
                finished(
                    transfer, outcome: transfer.outcome(code), mayTryNext: transfer.endedUnsent(code))
            }
        }
        endAll()
        return stopping
    }

    private func waitMilliseconds() -> Int32 {
        guard
            let next = [multi.deadline, lookups.nextDeadline, headDeadlines.earliest].compactMap(\.self)
                .min()
        else { return -1 }
        let left = ContinuousClock.now.duration(to: next)
        guard left > .zero else { return 0 }
        return Int32(
            clamping: left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
                + 1)
    }

    private func receive(_ message: Mailbox.Message) {
        switch message {
        case .start(let exchange) where exchange.isCancelled.load(ordering: .relaxed):
            exchange.finish(.failure(.cancelled))
        case .start(let exchange):
            exchanges[exchange.id] = exchange
            resolve(exchange)
        case .cancel(let exchange):
            if exchanges[exchange.id] != nil { end(exchange, .failure(.cancelled)) }
        case .lookUp(let host, let id, let completion):
            lookups.lookUp(
                host, id: id, deadline: .now + configuration.resolverTimeout, completion: completion)
        case .cancelLookUp(let id):
            lookups.end(id, with: .cancelled)
        case .answered(let host, let result):
            lookups.answered(host, result)
        case .stop(let then):
            stopping.append(then)
        }
    }

    private func resolve(_ exchange: OutboundExchange) {
        if let literal = exchange.url.literal { return connect(exchange, to: .success([literal])) }
        lookups.lookUp(exchange.url.host, id: exchange.id, deadline: exchange.deadline) { [unowned self] in
            connect(exchange, to: $0)
        }
    }

    private func connect(_ exchange: OutboundExchange, to answer: Result<[IPAddress], ClientError>) {
        guard exchanges[exchange.id] != nil else { return }
        do throws(ClientError) {
            try exchange.found(try answer.get())
            try attempt(exchange)
        } catch {
            end(exchange, .failure(error))
        }
    }

    private func attempt(_ exchange: OutboundExchange) throws(ClientError) {
        guard let (address, timeout) = exchange.nextCandidate() else { throw .timeout(.connecting) }
        guard let easy = multi.makeHandle() else { throw .outOfResources("out of memory") }
        let transfer = Transfer(exchange: exchange, address: address, easy: easy)
        exchange.transfer = transfer
        transfers[easy] = transfer
        try transfer.prepare(configuration, connectTimeout: timeout)
        guard multi.add(easy) else { throw .outOfResources("out of memory") }
        let now = ContinuousClock.now
        if let due = transfer.headDeadline(at: now) { headDeadlines.insert(exchange.id, at: due) }
    }

    /// Ends exchanges whose answer's header is overdue; one whose request went out later is looked at again then.
    private func endOverdue(at now: ContinuousClock.Instant) {
        while let id = headDeadlines.popExpired(at: now) {
            guard let exchange = exchanges[id], let due = exchange.transfer?.headDeadline(at: now) else {
                continue
            }
            if due <= now {
                end(exchange, .failure(.timeout(.awaitingResponse)))
            } else {
                headDeadlines.insert(id, at: due)
            }
        }
    }

    private func finished(
        _ transfer: Transfer, outcome: Result<OutboundResponse, ClientError>, mayTryNext: Bool
    ) {
        let exchange = transfer.exchange
        release(transfer)
        do throws(ClientError) {
            if mayTryNext, !exchange.candidates.isEmpty { return try attempt(exchange) }
            let response = try outcome.get()
            guard let location = redirect(response, of: exchange) else {
                return end(exchange, .success(response))
            }
            try exchange.follow(location: location)
            resolve(exchange)
        } catch {
            end(exchange, .failure(error))
        }
    }

    /// Where a response sends the exchange on; `nil` when it is the answer.
    private func redirect(_ response: OutboundResponse, of exchange: OutboundExchange) -> String? {
        guard exchange.request.mayFollow, [301, 302, 303, 307, 308].contains(response.status) else {
            return nil
        }
        return response.headers["Location"]
    }

    private func end(_ exchange: OutboundExchange, _ outcome: OutboundExchange.Outcome) {
        exchanges[exchange.id] = nil
        lookups.end(exchange.id, with: .cancelled)
        if let transfer = exchange.transfer { release(transfer) }
        exchange.finish(outcome)
    }

    private func release(_ transfer: Transfer) {
        let easy = transfer.handle.pointer
        multi.remove(easy)
        transfers[easy] = nil
        transfer.exchange.transfer = nil
        multi.recycle(easy)
    }

    private func endAll() {
        stopping += Self.refuseAll(of: mailbox)
        for exchange in Array(exchanges.values) { end(exchange, .failure(.shutdown)) }
        lookups.close()
    }

    /// Closes the mailbox and answers what is still in it.
    ///
    /// - Returns: Whom to tell that the loop has ended.
    static func refuseAll(of mailbox: Mailbox) -> [@Sendable () -> Void] {
        var waiting: [@Sendable () -> Void] = []
        for message in mailbox.seal() {
            switch message {
            case .start(let exchange): exchange.finish(.failure(.shutdown))
            case .lookUp(_, _, let completion): completion(.failure(.shutdown))
            case .stop(let then): waiting.append(then)
            case .cancel, .cancelLookUp, .answered: break
            }
        }
        return waiting
    }
}
