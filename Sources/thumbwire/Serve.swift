import HTTP
import ThumbwireKit
import ThumbwireService

/// `thumbwire serve`.
enum Serve {
    static let command = Command(
        name: "serve", summary: "Run the service.",
        details: """
            THUMBWIRE_ADMIN_KEY sets the first admin key; without it one is made at first start and written to
            admin.key in the data folder. When ready, one line on standard output says where:
            {"event":"listening","url":"http://127.0.0.1:PORT"}. SIGTERM drains and ends; a second one ends at once.
            """,
        options: options.map { $0.orEnvironment() }
    ) { arguments in
        try await run(arguments)
    }

    private static let options: [OptionSpec] = [
        .value("listen", "ADDRESS:PORT", "where to listen; port 0 takes a free one (127.0.0.1:8080)"),
        .value("data", "DIR", "the data folder (./data)"),
        .value("plugins", "FILE", "providers and chains (./plugins.json if it exists, else built in)"),
        .value("webhooks", "FILE", "webhook endpoints that are to be there; see webhooks/README.md"),
        .value("public-url", "URL", "how clients reach the service, for links in documents"),
        .list(
            "allow-private-webhooks", "HOST|CIDR,...", "private addresses that webhooks may be sent to"),
        .list(
            "allow-private-sources", "HOST|CIDR,...", "private addresses that source images may come from"
        ),
        .value("secret-key-file", "FILE", "the key that seals secrets at rest (made at first start)"),
        .value(
            "openai-sizes", "refuse|snap", "what becomes of sizes that a model does not make (refuse)"),
        .value("retain-jobs", "TIME|forever", "how long jobs that have ended are kept (90d)"),
        .value("retain-artifacts", "TIME|forever", "how long pictures are kept, at most as their job (90d)"),
        .value("retain-deliveries", "TIME|forever", "how long ended webhook deliveries are kept (30d)"),
        .value("retain-uploads", "TIME|forever", "how long uploads are kept that no job names (24h)"),
        .value("max-data", "SIZE", "what database and files may take: old pictures go before their time"),
        .value(
            "min-free", "PERCENT%,SIZE",
            "refuse new jobs while the disk has less free than the lesser of these (5%,4GiB)"),
        .value("drain-timeout", "TIME", "how long running work may take at the end (330s)"),
        .value("metrics", "open|key|off", "who may read /metrics: everybody, admin keys, nobody (key)"),
        .value("log-format", "json|text", "the format of the log (text on a terminal, else json)"),
        .value(
            "log-level", "debug|info|warning|error", "what the log leaves out: all that matters less (info)"),
    ]

    private static func run(_ arguments: Arguments) async throws {
        let options = try serviceOptions(arguments)
        let (format, level) = (try logFormat(arguments), try logLevel(arguments))
        let instruments = Instruments(version: Version.current)
        let writer = LogWriter(format, metrics: instruments.log)
        defer { writer.flush() }
        let log = writer.log(from: level)
        let stopRequests = Signals.stopRequests()

        let service = try await Service(options: options, instruments: instruments, log: log)
        let url = try await service.start()
        Output.json(["event": "listening", "url": .string(url)])

        let signalled = Task {
            for await signal in stopRequests {
                log(.info, "stopping", ["signal": .integer(Int64(signal))])
                await service.stop()
            }
        }
        await service.waitUntilStopped()
        signalled.cancel()
    }

    private static func logFormat(_ arguments: Arguments) throws -> LogWriter.Format {
        let allowed = LogWriter.Format.allCases.map(\.rawValue)
        let chosen = try arguments.choice("log-format", of: allowed)
        return chosen.flatMap(LogWriter.Format.init) ?? (Output.isTerminal ? .text : .json)
    }

    private static func logLevel(_ arguments: Arguments) throws -> Log.Level {
        try arguments.choice("log-level", of: Log.Level.allCases.map(\.rawValue)).flatMap(Log.Level.init)
            ?? .info
    }

    static func serviceOptions(_ arguments: Arguments) throws -> ServiceOptions {
        var options = ServiceOptions()
        if let listen = arguments.value("listen") {
            do throws(ServiceError) { _ = try ListenAddress(listen) } catch { throw UsageError("\(error)") }
            options.listen = listen
        }
        if let data = arguments.value("data") { options.data = data }
        options.plugins = arguments.value("plugins")
        options.webhooks = arguments.value("webhooks")
        options.publicURL = arguments.value("public-url")
        options.allowPrivateWebhooks = arguments.list("allow-private-webhooks")
        options.allowPrivateSources = arguments.list("allow-private-sources")
        options.secretKeyFile = arguments.value("secret-key-file")
        options.adminKey = arguments.environment["THUMBWIRE_ADMIN_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        options.youTube = try youTubeSite(arguments)
        let sizes = try arguments.choice("openai-sizes", of: ["refuse", "snap"])
        options.snapsOpenAISizes = sizes == "snap"
        let readers = try arguments.choice("metrics", of: MetricsAccess.allCases.map(\.rawValue))
        if let readers = readers.flatMap(MetricsAccess.init) { options.metrics = readers }
        if let time = try arguments.duration("drain-timeout") { options.drainTimeout = time }
        if let life = try arguments.life("retain-jobs") { options.retainJobs = life }
        if let life = try arguments.life("retain-artifacts") { options.retainArtifacts = life }
        if let life = try arguments.life("retain-deliveries") { options.retainDeliveries = life }
        if let life = try arguments.life("retain-uploads") { options.retainUploads = life }
        options.maximumDataBytes = try arguments.size("max-data")
        if let free = try arguments.freeSpace("min-free") {
            options.minimumFree = ServiceOptions.FreeSpace(percent: free.percent, bytes: free.bytes)
        }
        return options
    }

    /// For tests: a simulator in the place of YouTube.
    private static func youTubeSite(_ arguments: Arguments) throws -> YouTubeSite {
        guard let base = arguments.environment["THUMBWIRE_YOUTUBE_BASE"], !base.isEmpty else {
            return YouTubeSite()
        }
        do throws(ClientError) {
            _ = try URLParts(base)
        } catch {
            throw UsageError("THUMBWIRE_YOUTUBE_BASE: \(error)")
        }
        return YouTubeSite(base: base)
    }
}
