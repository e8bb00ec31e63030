internal import Persistence
internal import Signing
internal import ThumbwireKit

/// What waits for one receiver, and how many attempts it gets at a time. One ``AttemptQueue`` owns it.
final class Lane {
    /// Deliveries that share a lane: an endpoint's, or all callbacks of an account to one host. A thousand jobs whose
    /// callbacks point to one hung host are as one endpoint then.
    enum Key: Hashable, Sendable {
        case endpoint(EndpointID)
        case host(AccountID, String)
        /// A callback that cannot be opened.
        case callback(JobID)
    }

    /// How attempts went lately; decides how many places all of a kind may hold together.
    enum Standing: Int, CaseIterable, Sendable {
        /// The last attempt was answered soon.
        case proven
        case unknown
        /// The last attempt was not answered, or one waits for its answer for long.
        case doubtful
    }

    /// A claimed delivery and until when it is ours.
    struct Claimed {
        var due: DueDelivery
        var leaseUntil: Timestamp
    }

    /// Time-outs in a row after which a callback host gets one attempt at a time; endpoints have their circuit breaker.
    private static let maximumHangs = 3
    private static let fewUnknown = 16
    /// How long it takes to claim more while there is much to write.
    private static let claimSeconds = 0.03
    /// Kept for that time at most.
    private static let mostAhead = 256
    /// What a new attempt counts in the mean duration.
    private static let newWeight = 0.2

    let key: Key
    private(set) var cap: Int
    private(set) var waiting: ArraySlice<Claimed> = []
    private(set) var underWay = 0
    private(set) var standing = Standing.unknown
    /// Attempts at a time, at most ``cap``.
    private(set) var limit: Int
    private var restsUntil: Timestamp?
    /// Nothing is begun: it is paused, or was disabled.
    private(set) var isHeld = false
    private var rate: Double?
    private var bucket: TokenBucket?
    private var hangs = 0
    private var meanSeconds = 0.01
    /// Its owner changed something that is not read yet.
    var isStale = false
    /// It stands in line for its turn.
    var isInTurn = false
    /// What it counts for in the queue's window.
    var countedSoon = 0
    /// It is among the queue's busy targets.
    var isCountedBusy = false

    init(_ key: Key, cap: Int) {
        self.key = key
        self.cap = cap
        limit = cap
    }

    var isIdle: Bool { waiting.isEmpty && underWay == 0 }

    /// When the next attempt may begin as far as rests and the rate go; `nil` is now.
    func wakes(at now: Timestamp) -> Timestamp? {
        if let restsUntil, restsUntil > now { return restsUntil }
        return bucket?.next(at: now)
    }

    /// True where the next attempt may begin as far as attempts under way go.
    var hasTurn: Bool { !waiting.isEmpty && !isHeld && !isStale && underWay < limit }

    /// Attempts that it gets through in a second as things go.
    private var perSecond: Double { min(Double(limit) / meanSeconds, rate ?? .infinity, 1e6) }

    /// There is enough to go on with until more is claimed, so that nothing more has to be claimed for it.
    func isBusy(at now: Timestamp) -> Bool {
        // The store leaves a held one out itself, and what it claims of it says that it is held no more.
        guard !waiting.isEmpty, !isHeld else { return false }
        let ahead = standing == .proven ? min(Int(perSecond * Self.claimSeconds), Self.mostAhead) : 0
        return waiting.count >= max(limit, ahead) || wakes(at: now) != nil
    }

    /// How much of what waits will be gone within about a second. Of a receiver that nobody knows yet only what is more
    /// than a few counts, until its first attempt has shown what to expect.
    func soon(at now: Timestamp) -> Int {
        guard hasTurn || underWay > 0, wakes(at: now) == nil else { return 0 }
        switch standing {
        case .doubtful: return 0
        case .unknown: return max(0, waiting.count - Self.fewUnknown)
        case .proven:
            return min(waiting.count, max(limit, Int(perSecond)))
        }
    }

    /// Takes over what its owner, its receiver and the circuit breaker say.
    func learn(_ endpoint: Endpoint, cap: Int, now: Timestamp) {
        self.cap = cap
        limit = max(1, min(cap, endpoint.health.claimLimit ?? cap))
        restsUntil = endpoint.health.restsUntil
        isHeld = endpoint.status != .enabled
        if standing == .unknown, endpoint.health.strikes > 0 { standing = .doubtful }
        guard endpoint.sending.ratePerSecond != rate else { return }
        rate = endpoint.sending.ratePerSecond
        bucket = rate.flatMap { $0 > 0 ? TokenBucket(rate: $0, now: now) : nil }
    }

    func add(_ claimed: Claimed) {
        waiting.append(claimed)
    }

    /// Takes over what waits and was claimed anew: its endpoint may have changed since.
    func renew(_ claimed: Claimed) {
        let id = claimed.due.delivery.id
        guard let index = waiting.firstIndex(where: { $0.due.delivery.id == id }) else { return }
        waiting[index] = claimed
    }

    /// Sends what waits to its endpoint as that is now.
    func redirect(to endpoint: Endpoint, secret: Sealed) {
        for index in waiting.indices {
            waiting[index].due.destination = .endpoint(endpoint, secret: secret)
        }
    }

    /// Takes the next delivery whose lease is still good for that long, and leaves out those before it: they are claimed
    /// again when their lease is over.
    func take(now: Timestamp, reserve: Duration) -> (due: DueDelivery?, leftOut: [DeliveryID]) {
        var leftOut: [DeliveryID] = []
        // What was taken stays in memory as long as the slice does.
        defer { if waiting.isEmpty { waiting = [] } }
        while let claimed = waiting.popFirst() {
            if claimed.leaseUntil - now >= reserve { return (claimed.due, leftOut) }
            leftOut.append(claimed.due.delivery.id)
        }
        return (nil, leftOut)
    }

    func begin(now: Timestamp) {
        underWay += 1
        bucket?.take(at: now)
    }

    /// An attempt has ended; `took` is `nil` where that says nothing of the receiver.
    func end(took duration: Duration?, isHang: Bool, isSoon: Bool, adapts: Bool) {
        underWay -= 1
        guard let duration else { return }
        meanSeconds += (max(duration.inSeconds, 0.000_5) - meanSeconds) * Self.newWeight
        standing = isSoon && !isHang ? .proven : .doubtful
        guard adapts else { return }
        hangs = isHang ? hangs + 1 : 0
        if hangs >= Self.maximumHangs { limit = 1 } else if !isHang { limit = min(cap, limit + 1) }
    }

    /// One of its attempts waits for its answer for long.
    func doubt() {
        standing = .doubtful
    }

    func dropWaiting() {
        waiting = []
    }

    /// It begins nothing for a long time, as its owner, its receiver or the circuit breaker wishes.
    func stands(at now: Timestamp) -> Bool {
        isHeld || restsUntil.map { $0 > now } ?? false
    }

    /// Drops all that waits but the first, and returns what it dropped.
    func keepFirst() -> [DeliveryID] {
        let dropped = waiting.dropFirst().map(\.due.delivery.id)
        waiting = ArraySlice(Array(waiting.prefix(1)))
        return dropped
    }

    /// Drops what is not ours any more, and returns it.
    func dropExpired(at now: Timestamp) -> [DeliveryID] {
        let expired = waiting.filter { $0.leaseUntil <= now }.map(\.due.delivery.id)
        if !expired.isEmpty { waiting = ArraySlice(waiting.filter { $0.leaseUntil > now }) }
        return expired
    }
}

/// Finds the lane of a delivery.
struct LaneFinder: Sendable {
    let sealer: Sealer

    func key(of due: DueDelivery) -> Lane.Key {
        switch (due.destination, due.delivery.target) {
        case (.callback(let sealed, _), .callback(let job)):
            (try? Callback(unsealing: sealed, with: sealer)).map { .host(due.delivery.account, $0.host) }
                ?? .callback(job)
        case (_, .callback(let job)): .callback(job)
        case (_, .endpoint(let id)): .endpoint(id)
        }
    }
}
