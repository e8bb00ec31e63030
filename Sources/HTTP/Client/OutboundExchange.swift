internal import Synchronization

/// One `send`: its request, its policy, and how far it is.
///
/// Unchecked: until it is posted only its sender touches it, and from then on only the loop's thread, except for
/// `isCancelled`, which is atomic. The mailbox's lock orders the two.
final class OutboundExchange: @unchecked Sendable {
    typealias Outcome = Result<OutboundResponse, ClientError>

    let id: UInt64
    let policy: AddressPolicy
    let start: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant
    let isCancelled = Atomic(false)
    /// Headers change when a redirect leads to another origin.
    private(set) var request: OutboundRequest
    private(set) var url: URLParts
    private(set) var redirectsLeft: Int
    /// The checked addresses not tried yet.
    private(set) var candidates: ArraySlice<IPAddress> = []
    private(set) var connectDeadline: ContinuousClock.Instant
    var transfer: Transfer?
    private var continuation: CheckedContinuation<Outcome, Never>?

    /// `url` is the request's.
    init(
        _ request: OutboundRequest, to url: URLParts, id: UInt64, policy: AddressPolicy
    ) throws(ClientError) {
        try request.checkHeaders()
        self.id = id
        self.request = request
        self.policy = policy
        self.url = url
        redirectsLeft = request.followRedirects
        start = .now
        deadline = start + request.deadline
        connectDeadline = deadline
    }

    func expect(_ continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation = continuation
    }

    /// Resumes the sender, once.
    func finish(_ outcome: Outcome) {
        continuation?.resume(returning: outcome)
        continuation = nil
    }

    /// Takes the answers of a look-up, each of which the policy must allow.
    func found(_ addresses: [IPAddress]) throws(ClientError) {
        try policy.require(addresses, host: url.host)
        candidates = addresses[...]
        connectDeadline = min(deadline, .now + request.connectTimeout)
    }

    /// The address to try next, and how long connecting to it may take: an equal share of what is left, so that
    /// a dead first address leaves time for the second.
    func nextCandidate() -> (address: IPAddress, connectTimeout: Duration)? {
        let left = ContinuousClock.now.duration(to: connectDeadline)
        let share = left / max(1, candidates.count)
        guard left > .zero, let address = candidates.popFirst() else { return nil }
        return (address, share)
    }

    /// Turns to where a redirect leads.
    func follow(location: String) throws(ClientError) {
        guard redirectsLeft > 0 else { throw .tooManyRedirects(limit: request.followRedirects) }
        redirectsLeft -= 1
        let next = try url.resolving(location: location)
        if !next.hasSameOrigin(as: url) { dropSecrets() }
        url = next
    }

    /// Keeps only fields that say what is wanted: any other may hold a secret of the former origin.
    private func dropSecrets() {
        let harmless: Set = ["accept", "accept-encoding", "accept-language", "range", "user-agent"]
        let kept = request.headers.fields.filter { harmless.contains($0.name.lowercased()) }
        request.headers = Headers(kept.map { ($0.name, $0.value) })
    }
}
