import CSystem
import Glibc
import Synchronization

/// One TCP connection of a server, from accept to close, with the deadline of what it is receiving.
final class Connection: Sendable {
    let descriptor: Int32
    let remoteAddress: String
    /// Taken above the limit: answered once, by immediate handlers only.
    let isReserve: Bool
    private let deadline: Atomic<UInt64>
    private let exchange = Mutex<Exchange?>(nil)

    private static let none = UInt64.max
    /// The deadline has passed; the connection is not to be answered any more.
    private static let passed: UInt64 = 0

    /// What poll(2) reports once the peer has closed or half-closed the connection (`POLLRDHUP`).
    static let peerClosed: Int16 = 0x2000

    /// The peer has closed or half-closed the connection.
    var hasPeerLeft: Bool {
        var state = pollfd(fd: descriptor, events: Self.peerClosed, revents: 0)
        return poll(&state, 1, 0) > 0 && state.revents & Self.peerClosed != 0
    }

    init(descriptor: Int32, remoteAddress: String, isReserve: Bool, deadline: UInt64) {
        self.descriptor = descriptor
        self.remoteAddress = remoteAddress
        self.isReserve = isReserve
        self.deadline = Atomic(deadline)
    }

    /// The request that is being received or answered, if any.
    var current: Exchange? {
        get { exchange.withLock { $0 } }
        set { exchange.withLock { $0 = newValue } }
    }

    /// The sooner, the longer the connection has been silent, where no request is under way.
    var currentDeadline: UInt64 { deadline.load(ordering: .acquiring) }

    /// Moves the deadline; false when it has passed already.
    @discardableResult
    func expect(by new: UInt64) -> Bool {
        let old = deadline.load(ordering: .acquiring)
        guard old != Self.passed else { return false }
        return deadline.compareExchange(expected: old, desired: new, ordering: .acquiringAndReleasing)
            .exchanged
    }

    /// Ends the deadline; false when it has passed already.
    func stopExpecting() -> Bool { expect(by: Self.none) }

    /// True once, when the deadline lies before `now`.
    func hasMissedDeadline(at now: UInt64) -> Bool {
        let old = deadline.load(ordering: .acquiring)
        guard old != Self.passed, old < now else { return false }
        return deadline.compareExchange(expected: old, desired: Self.passed, ordering: .acquiringAndReleasing)
            .exchanged
    }
}

/// The open connections of a server.
final class ConnectionRegistry: Sendable {
    private let connections = Mutex<[ObjectIdentifier: Connection]>([:])

    var count: Int { connections.withLock { $0.count } }

    /// Adds the connection that `make` builds from how many there are already.
    func add(_ make: (_ others: Int) -> Connection) -> Connection {
        connections.withLock {
            let connection = make($0.count)
            $0[ObjectIdentifier(connection)] = connection
            return connection
        }
    }

    func remove(_ connection: Connection) {
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    /// Calls `body` for each connection while none can be removed, so that each descriptor is still its own.
    /// `body` must not reach into libmicrohttpd, which calls `remove`.
    func whileOpen(_ body: (Connection) -> Void) {
        connections.withLock { for connection in $0.values { body(connection) } }
    }

    var all: [Connection] { connections.withLock { Array($0.values) } }
}
