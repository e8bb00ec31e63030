package import ThumbwireKit

/// What the store measures of its commits, and what it holds.
package struct StoreMetrics: Sendable {
    private let batch: Histogram
    private let commit: Histogram
    private let failures: Counter
    let commitAge: ReadMetric
    let jobs: ReadMetric
    let queueAge: ReadMetric
    let deliveries: ReadMetric
    let deliveryAge: ReadMetric
    let endpoints: ReadMetric
    let artifactBytes: ReadMetric
    let databaseBytes: ReadMetric
    let logBytes: ReadMetric

    package init(in metrics: Metrics) {
        batch = metrics.histogram(
            "thumbwire_store_batch_operations", "Operations that were committed together",
            bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024])
        commit = metrics.histogram(
            "thumbwire_store_commit_seconds",
            "What a commit took, from its first statement until it was durable",
            bounds: [
                0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
            ])
        failures = metrics.counter(
            "thumbwire_store_commit_failures_total", "Commits that the database or the disk refused")
        commitAge = metrics.gauge(
            "thumbwire_store_commit_age_seconds",
            "How long the commit under way has taken so far, 0 without one")
        jobs = metrics.gauge(
            "thumbwire_jobs",
            "Jobs that have not ended, by state, where `queued` are those that a worker could take now; those that wait "
                + "are counted up to 100000", labels: ["state"])
        queueAge = metrics.gauge(
            "thumbwire_queue_age_seconds",
            "For how long the job that was accepted first, of those that could run, has been due; 0 without one"
        )
        deliveries = metrics.gauge(
            "thumbwire_deliveries_pending",
            "Deliveries that are neither delivered nor given up, by what they go to; counted up to 100000",
            labels: ["target"])
        deliveryAge = metrics.gauge(
            "thumbwire_delivery_queue_age_seconds",
            "For how long the oldest delivery that may be sent has been due; 0 without one")
        endpoints = metrics.gauge("thumbwire_endpoints", "Webhook endpoints by status", labels: ["status"])
        artifactBytes = metrics.gauge(
            "thumbwire_artifact_bytes",
            "Bytes of all pictures and uploads; a file that several jobs share counts for each")
        databaseBytes = metrics.gauge("thumbwire_database_bytes", "Length of the database file")
        logBytes = metrics.gauge("thumbwire_wal_bytes", "Length of the database's write-ahead log")
    }

    func committed(_ operations: Int, in duration: Duration, isDurable: Bool) {
        batch.observe(Double(operations))
        commit.observe(duration)
        if !isDurable { failures.add() }
    }
}
