internal import API
internal import Engine
internal import HTTP
internal import Persistence
internal import SQLiteStore
package import ThumbwireKit
internal import Webhooks

/// All metrics of a service, each part of which is handed to the module that declared it.
package struct Instruments: Sendable {
    package let metrics: Metrics
    package let log: LogMetrics
    let engine: EngineMetrics
    let webhooks: WebhookMetrics
    let store: StoreMetrics
    let render: RenderMetrics
    let http: HTTPMetrics
    private let disk: DiskMetrics
    private let process: ProcessMetrics

    /// `version` is what the program calls itself.
    package init(version: String = "unknown") {
        metrics = Metrics()
        engine = EngineMetrics(in: metrics)
        render = RenderMetrics(in: metrics)
        webhooks = WebhookMetrics(in: metrics)
        store = StoreMetrics(in: metrics)
        disk = DiskMetrics(in: metrics)
        http = HTTPMetrics(in: metrics)
        log = LogMetrics(in: metrics)
        process = ProcessMetrics(in: metrics, version: version)
        metrics.read { [process] in process.readings() }
    }

    /// Has what exists before the service listens asked at each scrape.
    func read(engine: Engine, store: SQLiteStore, renderPool: RenderPool, disk: DiskWatch) {
        metrics.read { engine.readings() }
        metrics.read { await store.readings() }
        metrics.read { await store.readingsOfWriter() }
        metrics.read { [render] in render.readings(of: renderPool) }
        metrics.read { [metrics = self.disk] in metrics.readings(of: await disk.space()) }
    }

    /// The same of the server, whose routes hold these metrics.
    func read(server: Server) {
        metrics.read { [http, weak server] in server.map { http.readings(of: $0) } ?? [] }
    }
}
