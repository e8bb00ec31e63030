import Testing

@testable import ThumbwireKit

struct MetricsTests {
    private func text(_ metrics: Metrics, _ readings: [Reading] = []) -> String {
        String(decoding: metrics.text(readings), as: UTF8.self)
    }

    @Test func `counters, read metrics and histograms are written as Prometheus reads them`() {
        let metrics = Metrics()
        let jobs = metrics.counter(
            "jobs_total", "Jobs", labels: ["face", "state"], expected: [["soke", "done"]])
        let empty = metrics.counter("empty_total", "Nothing")
        let depth = metrics.gauge("depth", "Line one\nback\\slash", labels: ["queue"])
        let time = metrics.histogram("time_seconds", "Time", labels: ["step"], bounds: [0.5, 2])
        jobs.add(1, "native", "done")
        jobs.add(2, "native", "done")
        time.observe(.milliseconds(500), "crop")
        time.observe(.seconds(3), "crop")
        time.observe(.seconds(-1), "crop")
        _ = empty

        let written = text(metrics, [depth.reading(1.5, "a\"b\\c\nd")])

        #expect(
            written == #"""
                # HELP jobs_total Jobs
                # TYPE jobs_total counter
                jobs_total{face="native",state="done"} 3
                jobs_total{face="soke",state="done"} 0
                # HELP empty_total Nothing
                # TYPE empty_total counter
                empty_total 0
                # HELP depth Line one\nback\\slash
                # TYPE depth gauge
                depth{queue="a\"b\\c\nd"} 1.5
                # HELP time_seconds Time
                # TYPE time_seconds histogram
                time_seconds_bucket{step="crop",le="0.5"} 2
                time_seconds_bucket{step="crop",le="2"} 2
                time_seconds_bucket{step="crop",le="+Inf"} 3
                time_seconds_sum{step="crop"} 3.5
                time_seconds_count{step="crop"} 3

                """#)
    }

    @Test func `labels beyond the limit are counted together`() {
        let metrics = Metrics()
        let calls = metrics.counter("calls_total", "Calls", labels: ["provider"])
        for number in 0..<5_000 { calls.add(1, "provider-\(number)") }
        calls.add(1, "provider-0")

        let lines = text(metrics).split(separator: "\n")

        #expect(lines.count <= 1_010)
        #expect(lines.contains(#"calls_total{provider="provider-0"} 2"#))
        #expect(lines.contains(#"calls_total{provider="other"} 4000"#))
    }

    @Test func `counting from many tasks loses nothing`() async {
        let metrics = Metrics()
        let counter = metrics.counter("events_total", "Events")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1_000 { counter.add() } }
            }
        }

        #expect(text(metrics).contains("\nevents_total 8000\n"))
    }
}
