import Synchronization
import TestSupport
import Testing
import ThumbwireKit

@testable import API
@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct MetricsRouteTests {
    private func router(_ service: Service, _ change: (inout APIContext) -> Void) -> Service {
        var service = service
        change(&service.context)
        service.router = makeRouter(service.context)
        return service
    }

    @Test func `metrics are for admin keys unless the operator says otherwise`() async throws {
        try await withService { service in
            #expect(try await service.send(.get, "/metrics", key: nil).status == 401)
            #expect(try await service.send(.get, "/metrics").status == 403)
            let answer = try await service.send(.get, "/metrics", key: Service.adminKey)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")

            let open = router(service) { $0.metricsAccess = .open }
            #expect(try await open.send(.get, "/metrics", key: nil).status == 200)
            let off = router(service) { $0.metricsAccess = .off }
            #expect(try await off.send(.get, "/metrics", key: Service.adminKey).status == 404)
        }
    }

    @Test func `what hangs is left out of a scrape`() async throws {
        try await withService { service in
            let (never, _) = AsyncStream.makeStream(of: Void.self)
            let metrics = Metrics()
            let depth = metrics.gauge("depth", "Depth")
            let lost = metrics.gauge("lost", "Lost")
            metrics.read { [depth.reading(3)] }
            metrics.read {
                for await _ in never {}
                return [lost.reading(1)]
            }
            let slow = router(service) {
                $0.metrics = metrics
                $0.metricsAccess = .open
                $0.readiness.patience = .milliseconds(200)
            }

            // A busy machine may not answer the other question in time at once.
            var text = ""
            while !text.contains("\ndepth 3\n") {
                text = try await slow.send(.get, "/metrics", key: nil).text()
            }

            #expect(!text.contains("\nlost 1\n"))
            #expect(text.contains("# TYPE lost gauge"))
        }
    }

    @Test func `a request is counted by its pattern and logged without its query`() {
        let (metrics, kept) = (Metrics(), KeptLog())
        let instruments = HTTPMetrics(in: metrics)
        func served(_ route: String?, _ path: String, _ status: Int?) {
            instruments.served(
                ServedRequest(
                    id: "r-1", method: .get, route: route, path: path, remoteAddress: "10.0.0.1",
                    status: status,
                    duration: .milliseconds(20)), log: kept.log)
        }
        served("/v1/jobs/{id}", "/v1/jobs/job_1", 200)
        served("/files/{name}", "/files/capability", 200)
        served(nil, "/x?token=secret", nil)

        let text = String(decoding: metrics.text([]), as: UTF8.self)
        #expect(
            text.contains(
                #"thumbwire_http_requests_total{route="/v1/jobs/{id}",method="GET",status="200"} 1"#))
        #expect(text.contains(#"thumbwire_http_requests_total{route="none",method="GET",status="none"} 1"#))
        #expect(text.contains(#"thumbwire_http_request_duration_seconds_sum{route="none"} 0.02"#))
        #expect(
            kept.entries.map { $0.fields["path"]?.string } == ["/v1/jobs/job_1", "/files/•••", "/x"])
        #expect(kept.entries.allSatisfy { $0.level == .debug && $0.fields["request"] == "r-1" })
    }
}
