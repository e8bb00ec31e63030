package import HTTP
package import ThumbwireKit

/// What the server's requests come to: counted, measured, and one line each in the log.
package struct HTTPMetrics: Sendable {
    private let requests: Counter
    private let duration: Histogram
    private let connections: ReadMetric
    private let waiting: ReadMetric

    package init(in metrics: Metrics) {
        requests = metrics.counter(
            "thumbwire_http_requests_total",
            "Requests by the pattern of their route (`none` where there is none), method, and status of the answer "
                + "(`none` where the client left before it)", labels: ["route", "method", "status"])
        duration = metrics.histogram(
            "thumbwire_http_request_duration_seconds",
            "From a request's first line to the last byte of its answer, waiting for jobs included",
            labels: ["route"])
        connections = metrics.gauge("thumbwire_http_connections", "Open connections of clients")
        waiting = metrics.gauge(
            "thumbwire_http_waiting", "Requests that wait in a handler or are answered by a stream")
    }

    /// Takes in a request at its end.
    package func served(_ request: ServedRequest, log: Log) {
        let route = request.route ?? "none"
        requests.add(1, route, request.method.rawValue, request.status.map { "\($0)" } ?? "none")
        duration.observe(request.duration, route)
        // Without the query, which may hold what only its owner may know.
        log(
            .debug, "request",
            [
                "request": .string(request.id), "method": .string(request.method.rawValue),
                "path": .string(Request.loggedPath(request.path)), "route": .string(route),
                "status": request.status.map { .integer(Int64($0)) } ?? .null,
                "milliseconds": .number(request.duration.inSeconds * 1_000),
                "remote": .string(request.remoteAddress),
            ])
    }

    package func readings(of server: Server) -> [Reading] {
        [
            connections.reading(Double(server.connectionCount)),
            waiting.reading(Double(server.waitingCount)),
        ]
    }
}
