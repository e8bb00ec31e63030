internal import BuiltinPlugins
internal import Engine
internal import Synchronization
public import ThumbwireKit

/// A whole Thumbwire in this process: the composition root.
///
/// A binary with more Swift plugins is a `main.swift` that makes a service with longer lists.
public final class Service: Sendable {
    /// How long answers and attempts under way may take once nothing new is begun.
    private static let grace = Duration.seconds(5)

    private enum Life {
        case opened
        case running(Running)
        case stopping
        case stopped
    }

    /// The in-process providers that come with Thumbwire.
    public static var builtinProviders: [any Provider.Type] { BuiltinPlugins.builtinProviders }
    /// The in-process post-processors that come with Thumbwire.
    public static var builtinPostProcessors: [any PostProcessor.Type] { BuiltinPlugins.builtinPostProcessors }

    private let parts: Parts
    private let drainTimeout: Duration
    private let life = Mutex(Life.opened)
    private let waiters = Mutex<[CheckedContinuation<Void, Never>]>([])

    /// Opens the data folder and everything in it, and makes the plugins. Nothing listens yet. Throws errors whose
    /// description is for the operator.
    public convenience init(
        options: ServiceOptions, providers: [any Provider.Type] = Service.builtinProviders,
        postProcessors: [any PostProcessor.Type] = Service.builtinPostProcessors, log: Log
    ) async throws {
        try await self.init(
            options: options, providers: providers, postProcessors: postProcessors,
            instruments: Instruments(),
            log: log)
    }

    /// As ``init(options:providers:postProcessors:log:)``, with metrics that the caller has a part in.
    package init(
        options: ServiceOptions, providers: [any Provider.Type] = Service.builtinProviders,
        postProcessors: [any PostProcessor.Type] = Service.builtinPostProcessors, instruments: Instruments,
        log: Log
    ) async throws {
        let catalog = PluginCatalog(providers: providers, postProcessors: postProcessors)
        parts = try await Parts(options: options, catalog: catalog, instruments: instruments, log: log)
        drainTimeout = options.drainTimeout
    }

    /// Listens and works from now on; returns the URL at which clients on this machine find it. Call it once.
    public func start() async throws -> String {
        try life.withLock { life in
            guard case .opened = life else { throw ServiceError("the service was started already") }
            let running = try parts.run()
            life = .running(running)
            return running.url
        }
    }

    /// Takes nothing new, finishes or hands back what is under way, and closes, also a service that was never started.
    /// Returns when all is down; further calls wait for the first.
    public func stop() async {
        let before = life.withLock { life in
            let before = life
            switch life {
            case .opened, .running: life = .stopping
            case .stopping, .stopped: break
            }
            return before
        }
        switch before {
        case .opened: break
        case .running(let running): await running.stop(drainTimeout: drainTimeout, grace: Self.grace)
        case .stopping, .stopped: return await waitUntilStopped()
        }
        await parts.close()
        life.withLock { $0 = .stopped }
        for waiter in waiters.withLock({ waiters in
            defer { waiters = [] }
            return waiters
        }) {
            waiter.resume()
        }
    }

    /// Returns once the service has stopped.
    public func waitUntilStopped() async {
        await withCheckedContinuation { continuation in
            let isStopped = waiters.withLock { waiters in
                if case .stopped = life.withLock({ $0 }) { return true }
                waiters.append(continuation)
                return false
            }
            if isStopped { continuation.resume() }
        }
    }
}
