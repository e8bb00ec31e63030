import Foundation
import Testing
import ThumbwireKit
import ThumbwireService

/// `docs/metrics.md` is written from what the modules declare. To write it anew after a change, run this test with
/// `THUMBWIRE_WRITE_SAMPLES=1`.
struct MetricsDocumentTests {
    private static let head = """
        # Metrics

        `GET /metrics` answers in Prometheus' text format 0.0.4. It needs a key with the scope `admin`, so that nobody
        reads figures who was given a public address only:

        ```yaml
        scrape_configs:
          - job_name: thumbwire
            authorization: { credentials_file: /etc/prometheus/thumbwire.key }
            static_configs: [ { targets: ["127.0.0.1:8080"] } ]
        rule_files: [ "alerts.yml" ]
        ```

        On a port that only Prometheus reaches, `serve --metrics open` needs no key; `--metrics off` has no such route.
        `alerts.yml` beside this page holds rules to begin with. No label holds what clients choose, and a metric with
        more than 1000 series counts the rest under `other`. What cannot be read within a second is left out of a scrape.

        This page is written by a test, from the declarations in code.

        | metric | type | labels | what it says |
        | --- | --- | --- | --- |

        """

    private static let docs = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs").standardized

    private var page: String {
        let rows = Instruments().metrics.descriptions.map { metric in
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(metric.name)` | \(metric.kind.rawValue) | \(labels) | \(metric.summary) |\n"
        }
        return Self.head + rows.joined()
    }

    @Test func `the page of metrics is what the modules declare`() throws {
        let file = Self.docs.appending(path: "metrics.md")
        if ProcessInfo.processInfo.environment["THUMBWIRE_WRITE_SAMPLES"] == "1" {
            try Data(page.utf8).write(to: file)
        }

        #expect(try String(contentsOf: file, encoding: .utf8) == page)
    }

    @Test func `names end with their unit, and of counters with total`() {
        for metric in Instruments().metrics.descriptions {
            #expect(
                metric.name.hasPrefix("thumbwire_") || metric.name.hasPrefix("process_"), "\(metric.name)")
            #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter), "\(metric.name)")
        }
    }

    @Test func `alert rules ask only for metrics that exist`() throws {
        let rules = try String(contentsOf: Self.docs.appending(path: "alerts.yml"), encoding: .utf8)
        let known = Instruments().metrics.descriptions.flatMap { metric in
            metric.kind == .histogram
                ? ["_bucket", "_sum", "_count"].map { metric.name + $0 } : [metric.name]
        }
        let asked = rules.matches(of: /(?:thumbwire|process)_[a-z_]+/).map { String($0.output) }

        #expect(asked.count >= 3)
        for name in asked { #expect(known.contains(name), "\(name)") }
    }
}
