import Glibc
import Synchronization

@testable import HTTP

extension HTTPClient {
    /// A client whose names resolve by `resolve`, without a cache.
    static func make(
        timeout: Duration = .seconds(20), threads: Int = 16, queue: Int = 1_024,
        resolve: @escaping @Sendable (String) throws -> [IPAddress] = { _ in [.loopback] }
    ) throws -> HTTPClient {
        var configuration = Configuration()
        configuration.resolve = resolve
        configuration.resolverTimeout = timeout
        configuration.resolverCacheLifetime = .zero
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
    let end = ContinuousClock.now + .seconds(30)
    while !condition(), ContinuousClock.now < end {
        if Task.isCancelled { return }
        try? await Task.sleep(for: .milliseconds(2))
    }
}
