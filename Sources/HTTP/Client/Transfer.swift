internal import CCurl
internal import CSystem
internal import Glibc

/// One attempt of an exchange on one checked address: an easy handle and what has come back through it.
///
/// Used on the loop's thread only; libcurl's callbacks run there too.
final class Transfer {
    let exchange: OutboundExchange
    let address: IPAddress
    var handle: EasyHandle
    private(set) var head = ResponseHead()
    private(set) var body: [UInt8] = []
    private(set) var isTruncated = false
    private var streamedBytes = 0
    /// How often libcurl was about to send the request; more than once means that it sends it again.
    private(set) var attempts = 0
    /// When the request began to go out on the connection in use.
    private var sentAt: ContinuousClock.Instant?
    /// Why a callback ended the transfer; it says more than libcurl's code then does.
    private(set) var stopReason: ClientError?
    var fields = StringList()
    var connectTo = StringList()
    /// libcurl's own words about a failure.
    let message: UnsafeMutableBufferPointer<CChar>

    init(exchange: OutboundExchange, address: IPAddress, easy: UnsafeMutableRawPointer) {
        self.exchange = exchange
        self.address = address
        handle = EasyHandle(easy)
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0)
    }

    deinit {
        message.deallocate()
    }

    /// Takes a header line; `false` ends the transfer.
    func receive(header line: UnsafeRawBufferPointer) -> Bool {
        let wasComplete = head.isComplete
        if head.receive(line) {
            if head.isComplete, !wasComplete { streamReceiver?([]) }
            return true
        }
        stopReason = .protocolError("its header is larger than \(ResponseHead.maximumBytes) bytes")
        return false
    }

    /// Takes a piece of the body; `false` ends the transfer.
    func receive(body piece: UnsafeRawBufferPointer) -> Bool {
        if let streamReceiver {
            streamedBytes += piece.count
            if let limit = exchange.request.maximumStreamBytes, streamedBytes > limit {
                stopReason = .responseTooLarge(limit: limit)
                return false
            }
            streamReceiver(Array(piece))
            return true
        }
        let limit = exchange.request.maximumResponseBytes
        let room = limit - body.count
        body.append(contentsOf: piece.prefix(max(0, room)))
        guard piece.count > room else { return true }
        if exchange.request.overflow == .truncate {
            isTruncated = true
        } else {
            stopReason = .responseTooLarge(limit: limit)
        }
        return false
    }

    /// Who takes the body instead of us; the body of an error is kept whatever the request asks for.
    private var streamReceiver: (@Sendable ([UInt8]) -> Void)? {
        (200..<300).contains(head.status) ? exchange.request.receive : nil
    }

    /// Opens a socket to the address that libcurl wants to connect to, if it is the one that was checked.
    func openSocket(_ wanted: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
        guard let peer = IPAddress(UnsafeRawPointer(wanted) + offset), accepts(peer) else {
            return thumbwire_socket_bad
        }
        let kind = wanted.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(wanted.pointee.family, kind, wanted.pointee.protocol)
        if descriptor < 0, let reason = Self.shortage(errno) { stopReason = .outOfResources(reason) }
        return descriptor
    }

    /// What this machine lacks, where that is the reason (socket(2)).
    static func shortage(_ code: Int32) -> String? {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) ? String(cString: strerror(code)).lowercased() : nil
    }

    /// Decides, with the connection in hand, whether the request may go out on it.
    func mayBegin(peer: String) -> Bool {
        attempts += 1
        sentAt = .now
        guard attempts == 1 || exchange.request.mayRepeat else {
            stopReason = .connectionLost
            return false
        }
        return accepts(IPAddress(peer))
    }

    /// When the answer's header is overdue, as far as is known at that moment; `nil` once it is there.
    func headDeadline(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let timeout = exchange.request.headTimeout, !head.isFinal else { return nil }
        return (sentAt ?? now) + timeout
    }

    private func accepts(_ peer: IPAddress?) -> Bool {
        if let peer, peer == address, exchange.policy.check(peer, host: exchange.url.host) == .allowed {
            return true
        }
        stopReason = .blockedAddress(
            host: exchange.url.host, address: peer ?? address, purpose: "not the address that was checked")
        return false
    }
}
