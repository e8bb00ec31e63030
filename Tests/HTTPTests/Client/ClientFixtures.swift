import Glibc
import Synchronization

@testable import HTTP

extension HTTPClient {
    /// A client whose names resolve by `resolve`, without a cache, and which keeps a connection for as long as a busy
    /// machine may need for the next request.
    static func make(
        timeout: Duration = .seconds(600), threads: Int = 16, queue: Int = 1_024, idle: Int = 256,
        resolve: @escaping @Sendable (String) throws -> [IPAddress] = { _ in [.loopback] }
    ) throws -> HTTPClient {
        var configuration = Configuration()
        configuration.resolve = resolve
        configuration.resolverTimeout = timeout
        configuration.resolverCacheLifetime = .zero
        configuration.maximumIdleTime = .seconds(3_600)
        configuration.maximumIdleConnections = idle
        configuration.maximumResolverThreads = threads
        configuration.maximumResolverQueue = queue
        return try HTTPClient(configuration: configuration)
    }

    /// The error of a request that is expected to fail; `nil` when it does not.
    func failure(
        of request: OutboundRequest, policy: AddressPolicy = .unrestricted
    ) async -> ClientError? {
        do throws(ClientError) {
            _ = try await send(request, policy: policy)
            return nil
        } catch {
            return error
        }
    }

    /// The error of a request that runs out of time in that phase. A busy machine may not get so far in the shortest
    /// time, and then has more.
    func timeout(
        in phase: ClientError.Phase, _ request: OutboundRequest,
        with limit: WritableKeyPath<OutboundRequest, Duration> = \.deadline
    ) async -> ClientError? {
        var request = request
        var error: ClientError?
        for time: Duration in [.milliseconds(200), .seconds(2), .seconds(20)] {
            request[keyPath: limit] = time
            error = await failure(of: request)
            if error == .timeout(phase) { break }
        }
        return error
    }
}

extension IPAddress {
    static let loopback = IPAddress(v4: 0x7F00_0001)
}

/// Opens once, for all who wait and will wait; waiting blocks the thread.
final class Gate: Sendable {
    private let isOpen = Mutex(false)
    private let arrivals = Atomic(0)

    var waiting: Int { arrivals.load(ordering: .sequentiallyConsistent) }

    func open() {
        isOpen.withLock { $0 = true }
    }

    func wait() {
        arrivals.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !isOpen.withLock({ $0 }) { usleep(1_000) }
    }
}

/// Returns when the condition holds, or after so long that it never will: what is expected next then fails.
func until(_ condition: () -> Bool) async {
    let end = ContinuousClock.now + .seconds(240)
    while !condition(), ContinuousClock.now < end {
        if Task.isCancelled { return }
        try? await Task.sleep(for: .milliseconds(2))
    }
}
