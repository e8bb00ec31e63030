import Documents
import HTTP
import Synchronization
import ThumbwireKit

extension RouteTable {
    mutating func addMetrics() {
        let operation = Operation(
            "getMetrics", "Counters and measurements of the service, for Prometheus", tag: "health",
            answers: [
                Operation.Answer(status: 200, summary: "Prometheus' text format", mediaType: "text/plain")
            ])
        let scrape = Scrape(context.metrics, patience: context.readiness.patience)
        switch context.metricsAccess {
        case .off: break
        case .open: open(.get, "/metrics", operation) { _ in await scrape.response() }
        case .key:
            native(.get, "/metrics", operation) { call throws(Problem) in
                guard call.isAdmin else { throw Problem(.scopeMissing, "this key has not the scope admin") }
                return await scrape.response()
            }
        }
    }
}

/// Answers with all metrics; what is asked for them and hangs is left out.
private final class Scrape: Sendable {
    private let metrics: Metrics
    private let patience: Duration
    /// Those that are known so far: the server, for one, is made behind its routes.
    private let questions = Mutex<[BoundedQuestion<[Reading]>]>([])

    init(_ metrics: Metrics, patience: Duration) {
        self.metrics = metrics
        self.patience = patience
    }

    func response() async -> Response {
        let questions = questions.withLock { known in
            known += metrics.questions.dropFirst(known.count).map { BoundedQuestion($0) }
            return known
        }
        let readings = await withTaskGroup(of: [Reading].self) { group in
            for question in questions {
                group.addTask { [patience] in await question.answer(within: patience) ?? [] }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        return Response(
            status: 200, headers: ["Content-Type": Metrics.mediaType, "Cache-Control": "no-store"],
            body: .bytes(metrics.text(readings)))
    }
}
