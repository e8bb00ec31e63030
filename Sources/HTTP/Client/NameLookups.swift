/// The look-ups under way and the fresh answers; used on the loop's thread only.
///
/// Those who ask for the same host at the same time share one look-up, so that a host with a stuck name server
/// holds one thread of the pool, however many requests want it.
final class NameLookups {
    typealias Completion = (Result<[IPAddress], ClientError>) -> Void

    private struct Waiter {
        var host: String
        var completion: Completion
    }

    /// Hosts kept in the cache; beyond it the cache starts anew.
    private static let maximumCached = 1_024
    /// Names that are known to be found; beyond it they are learnt anew.
    private static let maximumKnown = 8_192

    private let pool: ResolverPool
    private let timeout: Duration
    private let cacheLifetime: Duration
    private let deliver: @Sendable (String, Result<[IPAddress], any Error>) -> Void
    private var waiters: [UInt64: Waiter] = [:]
    private var inFlight: [String: [UInt64]] = [:]
    private var cache: [String: (addresses: [IPAddress], until: ContinuousClock.Instant)] = [:]
    /// Names whose last look-up found something.
    private var known: Set<String> = []
    private var deadlines = DeadlineHeap()

    /// `deliver` is called on the pool's threads and must lead to `answered` on the loop's.
    init(
        configuration: HTTPClient.Configuration,
        deliver: @escaping @Sendable (String, Result<[IPAddress], any Error>) -> Void
    ) {
        pool = ResolverPool(
            maximumThreads: configuration.maximumResolverThreads,
            maximumQueue: configuration.maximumResolverQueue, resolve: configuration.resolve)
        timeout = configuration.resolverTimeout
        cacheLifetime = configuration.resolverCacheLifetime
        self.deliver = deliver
    }

    var nextDeadline: ContinuousClock.Instant? { deadlines.earliest }

    /// Looks a host up; `completion` runs on the loop's thread, at once when the answer is known.
    func lookUp(
        _ host: String, id: UInt64, deadline: ContinuousClock.Instant, completion: @escaping Completion
    ) {
        let now = ContinuousClock.now
        if let known = cache[host], known.until > now { return completion(.success(known.addresses)) }
        if inFlight[host] == nil {
            let deliver = deliver
            guard pool.submit(host, isKnown: known.contains(host), answer: { deliver(host, $0) }) else {
                return completion(.failure(.dnsFailure(host: host, reason: "too many look-ups are waiting")))
            }
        }
        waiters[id] = Waiter(host: host, completion: completion)
        inFlight[host, default: []].append(id)
        deadlines.insert(id, at: min(deadline, now + timeout))
    }

    func answered(_ host: String, _ result: Result<[IPAddress], any Error>) {
        let ids = inFlight.removeValue(forKey: host) ?? []
        let outcome: Result<[IPAddress], ClientError>
        known.remove(host)
        switch result {
        case .success(let addresses) where addresses.isEmpty:
            outcome = .failure(.dnsFailure(host: host, reason: "it has no address"))
        case .success(let addresses):
            remember(addresses, of: host)
            if known.count >= Self.maximumKnown { known.removeAll() }
            known.insert(host)
            outcome = .success(addresses)
        case .failure(let error):
            outcome = .failure(.dnsFailure(host: host, reason: "\(error)"))
        }
        for id in ids { waiters.removeValue(forKey: id)?.completion(outcome) }
    }

    func expire(at now: ContinuousClock.Instant) {
        while let id = deadlines.popExpired(at: now) {
            guard let host = waiters[id]?.host else { continue }
            known.remove(host)
            end(id, with: .dnsTimeout(host: host))
        }
    }

    /// Ends a look-up for one who asked; nothing happens when it is over.
    func end(_ id: UInt64, with error: ClientError) {
        guard let waiter = waiters.removeValue(forKey: id) else { return }
        inFlight[waiter.host]?.removeAll { $0 == id }
        if inFlight[waiter.host]?.isEmpty == true, pool.withdraw(waiter.host) {
            inFlight[waiter.host] = nil
        }
        waiter.completion(.failure(error))
    }

    func close() {
        pool.close()
        for id in waiters.keys.sorted() { end(id, with: .shutdown) }
    }

    private func remember(_ addresses: [IPAddress], of host: String) {
        guard cacheLifetime > .zero else { return }
        if cache.count >= Self.maximumCached { cache.removeAll() }
        cache[host] = (addresses, .now + cacheLifetime)
    }
}
