internal import API
internal import Documents
internal import Engine
internal import Foundation
internal import HTTP
internal import Imaging
internal import Persistence
internal import SQLiteStore
internal import Signing
internal import ThumbwireKit
internal import Webhooks

/// Everything of a service that exists before it listens.
struct Parts: Sendable {
    private let log: Log
    private let instruments: Instruments
    private let clock = SystemClock()
    private let listen: ListenAddress
    private let publicURL: String?
    private let openAISizes: OpenAISizes
    private let metricsAccess: MetricsAccess
    private let registry: Registry
    private let webhookPolicy: AddressPolicy
    private let sourcePolicy: AddressPolicy
    private let youTube: YouTubeSite
    private let folder: DataFolder
    private let sealer: Sealer
    private let serviceKeys: ServiceKeys
    private let store: SQLiteStore
    private let artifacts: FileArtifacts
    private let client: HTTPClient
    private let renderPool: RenderPool
    private let disk: DiskWatch
    private let faults: FaultPoints
    private let openFiles: OpenFiles
    private let clientConfiguration: HTTPClient.Configuration
    private let retention: RetentionPolicy
    private let storage: StorageGuard

    init(
        options: ServiceOptions, catalog: PluginCatalog, instruments: Instruments, log: Log
    ) async throws {
        self.log = log
        openFiles = OpenFiles.raisingLimit()
        if openFiles.limit < OpenFiles.few {
            log(
                .warning, "few open files allowed: less is sent and answered at a time",
                ["limit": .integer(Int64(openFiles.limit)), "enough": .integer(Int64(OpenFiles.few))])
        }
        self.instruments = instruments
        faults = try FaultSetting.points()
        registry = try PluginsDocument.registry(path: options.plugins, catalog: catalog)
        listen = try ListenAddress(options.listen)
        publicURL = try options.publicURL.map { text throws(ServiceError) in try PublicURL(text).text }
        openAISizes = options.snapsOpenAISizes ? .snap : .refuse
        metricsAccess = options.metrics
        webhookPolicy = try addressPolicy(options.allowPrivateWebhooks, option: "--allow-private-webhooks")
        sourcePolicy = try addressPolicy(options.allowPrivateSources, option: "--allow-private-sources")
        youTube = options.youTube
        retention = RetentionPolicy(options)
        storage = StorageGuard(options)
        let endpoints = try options.webhooks.map { path throws(ServiceError) in
            try EndpointsFile(path: path) { ProcessInfo.processInfo.environment[$0] }
        }

        folder = try DataFolder(path: options.data)
        let keyFile = options.secretKeyFile ?? "\(options.data)/secret.key"
        sealer = Sealer(key: try KeyFiles.sealingKey(at: keyFile))
        serviceKeys = try ServiceKeys.open(
            path: "\(options.data)/webhook.keys", sealer: sealer, now: clock.now())
        store = try SQLiteStore.open(folder: options.data, clock: clock, metrics: instruments.store)
        disk = DiskWatch(path: options.data)
        artifacts = FileArtifacts(folder: folder)
        var clientConfiguration = HTTPClient.Configuration()
        openFiles.bound(&clientConfiguration)
        self.clientConfiguration = clientConfiguration
        client = try HTTPClient(configuration: clientConfiguration)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        renderPool = RenderPool(
            threads: options.renderThreads ?? cores, metrics: instruments.render
        ) { ThreadRasterizer() }
        let first = FirstStart(store: store, sealer: sealer, clock: clock, log: log)
        do {
            try await first.prepare(adminKey: options.adminKey, keyFile: "\(options.data)/admin.key")
            if let endpoints {
                try await EndpointsDeclaration(
                    file: endpoints, store: store, sealer: sealer, client: client, policy: webhookPolicy,
                    clock: clock, log: log
                ).apply()
            }
        } catch {
            await close()
            throw error
        }
    }

    /// Listens, and starts the engine, the dispatcher and the server on what is there.
    func run() throws -> Running {
        let socket = try ListeningSocket(host: listen.host, port: listen.port)
        let url = listen.url(port: socket.port)
        let encoder = EventEncoder(document: JobDocument(publicURL: publicURL ?? url))
        var services = EngineServices(
            store: store, artifacts: artifacts, registry: registry, encoder: encoder,
            renderPool: renderPool,
            sources: SourceFetcher(
                client: client, policy: sourcePolicy, clock: clock, site: youTube, renderPool: renderPool),
            transport: ProviderClient(client: client, clock: clock), clock: clock, log: log)
        services.faults = faults
        services.metrics = instruments.engine
        services.storage = storage
        services.retention = retention
        let engine = Engine(services: services)
        let janitor = Janitor(services: services, policy: retention)
        var dispatcherConfiguration = Dispatcher.Configuration()
        openFiles.bound(&dispatcherConfiguration)
        let dispatcher = Dispatcher(
            store: store, client: client, sealer: sealer, keys: serviceKeys, encoder: encoder, clock: clock,
            policy: webhookPolicy, configuration: dispatcherConfiguration, metrics: instruments.webhooks,
            log: log)
        var context = APIContext(
            store: store, engine: engine, artifacts: artifacts, renderPool: renderPool, sealer: sealer,
            serviceKeys: serviceKeys, encoder: encoder, client: client, policy: webhookPolicy, clock: clock,
            publicURL: publicURL ?? url, log: log)
        context.openAISizes = openAISizes
        context.metrics = instruments.metrics
        context.metricsAccess = metricsAccess
        instruments.read(engine: engine, store: store, renderPool: renderPool, disk: disk)
        context.retention = retention
        var configuration = Server.Configuration(host: listen.host, port: listen.port)
        openFiles.bound(&configuration, beside: dispatcherConfiguration, clientConfiguration)
        let server = Server(
            configuration: configuration,
            router: makeRouter(context),
            onServed: { [instruments, log] in instruments.http.served($0, log: log) },
            errorResponse: errorResponse)
        instruments.read(server: server)
        try server.start(on: socket)
        return Running(
            url: url, server: server, engine: engine, engineTask: Task { await engine.run() },
            dispatcherTask: Task { await dispatcher.run() }, janitorTask: Task { await janitor.run() },
            log: log)
    }

    /// After everything that uses them has stopped.
    func close() async {
        await client.shutdown()
        renderPool.close()
        disk.close()
        await store.close()
        folder.release()
    }
}

/// A service that listens.
struct Running: Sendable {
    let url: String
    let server: Server
    let engine: Engine
    let engineTask: Task<Void, Never>
    let dispatcherTask: Task<Void, Never>
    let janitorTask: Task<Void, Never>
    let log: Log

    /// Drains the engine first, while clients still see where their jobs stand; then ends deliveries and the server.
    ///
    /// A plugin that goes on although it was told to give up is left behind after the grace: the store refuses what it
    /// would write, and the job is claimed again, its purchase's outcome unknown.
    func stop(drainTimeout: Duration, grace: Duration) async {
        janitorTask.cancel()
        await engine.drain(timeout: drainTimeout)
        engineTask.cancel()
        if await !hasEnded(engineTask, within: grace) {
            log(
                .error, "stopping without jobs that do not give up",
                [
                    "graceSeconds": .number(grace.inSeconds),
                    "jobs": .array(engine.heldJobs.map { .string($0.rawValue) }),
                ])
        }
        dispatcherTask.cancel()
        server.drain()
        await dispatcherTask.value
        await janitorTask.value
        await server.stop(grace: grace)
    }
}

/// Waits for the task, but no longer than that: a task group would wait for it to the end.
private func hasEnded(_ task: Task<Void, Never>, within limit: Duration) async -> Bool {
    let (endings, continuation) = AsyncStream.makeStream(of: Bool.self)
    let watch = Task {
        await task.value
        continuation.yield(true)
    }
    let timer = Task {
        try? await Task.sleep(for: limit)
        continuation.yield(false)
    }
    defer {
        watch.cancel()
        timer.cancel()
    }
    for await hasEnded in endings { return hasEnded }
    return false
}

private func addressPolicy(_ entries: [String], option: String) throws(ServiceError) -> AddressPolicy {
    do throws(AddressPolicy.InvalidEntry) {
        return try AddressPolicy.allowing(entries)
    } catch {
        throw ServiceError("\(option): \(error)")
    }
}
