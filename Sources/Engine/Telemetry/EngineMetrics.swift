internal import Persistence
package import ThumbwireKit

/// What the engine counts and measures.
package struct EngineMetrics: Sendable {
    private let accepted: Counter
    private let finished: Counter
    private let startDelay: Histogram
    private let duration: Histogram
    private let stepDuration: Histogram
    private let providerCalls: Counter
    private let providerCallDuration: Histogram
    private let providerCost: Counter
    private let held: ReadMetric
    private let circuit: ReadMetric
    private let paused: ReadMetric

    package init(in metrics: Metrics) {
        accepted = metrics.counter(
            "thumbwire_jobs_accepted_total", "Jobs accepted, by the face that they came through",
            labels: ["face"], expected: Face.allCases.map { [$0.rawValue] })
        finished = metrics.counter(
            "thumbwire_jobs_finished_total",
            "Jobs that ended, by state and class of failure (`none` where nothing failed)",
            labels: ["state", "class"], expected: [["completed", "none"], ["cancelled", "none"]])
        startDelay = metrics.histogram(
            "thumbwire_job_start_delay_seconds", "From a job's acceptance to its first start")
        duration = metrics.histogram(
            "thumbwire_job_duration_seconds", "From a job's acceptance to its end", labels: ["state"])
        stepDuration = metrics.histogram(
            "thumbwire_step_duration_seconds", "What a post-processor took for one picture",
            labels: ["plugin", "status"])
        providerCalls = metrics.counter(
            "thumbwire_provider_calls_total",
            "Calls of providers, by operation (`create`, `poll`) and class of failure (`none` or `cancelled` where there is none)",
            labels: ["provider", "operation", "class"])
        providerCallDuration = metrics.histogram(
            "thumbwire_provider_call_duration_seconds", "How long calls of providers took",
            labels: ["provider", "operation"])
        providerCost = metrics.counter(
            "thumbwire_provider_cost_total", "What providers charged as far as they say, in their own unit",
            labels: ["provider", "unit"])
        held = metrics.gauge(
            "thumbwire_jobs_held", "Jobs in the hands of this process, most of which wait for providers")
        circuit = metrics.gauge(
            "thumbwire_provider_circuit", "1 for the state that a provider's circuit is in",
            labels: ["provider", "state"])
        paused = metrics.gauge(
            "thumbwire_provider_paused", "1 where an administrator has paused the provider",
            labels: ["provider"])
    }

    func accept(_ job: Job) { accepted.add(1, job.face.rawValue) }

    /// Notes a job that was claimed at that moment.
    func claim(_ job: Job, at moment: Timestamp) {
        guard job.startedAt == moment else { return }
        startDelay.observe(moment - job.createdAt)
    }

    func end(_ job: Job) {
        finished.add(1, job.state.rawValue, job.failure?.failureClass.rawValue ?? "none")
        guard let finishedAt = job.finishedAt else { return }
        duration.observe(finishedAt - job.createdAt, job.state.rawValue)
    }

    func process(_ step: Step) {
        guard let finishedAt = step.finishedAt, step.status != .skipped else { return }
        stepDuration.observe(finishedAt - step.startedAt, step.plugin, step.status.rawValue)
    }

    func call(
        _ operation: ProviderGates.Call, of provider: String, took duration: Duration, failure: String
    ) {
        let name =
            switch operation {
            case .create: "create"
            case .poll: "poll"
            }
        providerCalls.add(1, provider, name, failure)
        providerCallDuration.observe(duration, provider, name)
    }

    func charge(_ cost: Cost?, by provider: String) {
        guard let cost, cost.amount > 0, cost.amount.isFinite else { return }
        providerCost.add(cost.amount, provider, cost.unit)
    }
}

extension Engine {
    /// How jobs and providers stand in this process.
    package func readings() -> [Reading] {
        let metrics = services.metrics
        let now = services.clock.now()
        var readings = [metrics.jobsHeld(running.count)]
        for declared in services.registry.providers where declared.isEnabled {
            var status = ProviderStatus(
                name: declared.use.id, plugin: declared.use.plugin, isEnabled: declared.isEnabled)
            services.gates.complete(&status, account: nil, now: now)
            readings += metrics.standing(status)
        }
        return readings
    }
}

extension EngineMetrics {
    fileprivate func jobsHeld(_ count: Int) -> Reading { held.reading(Double(count)) }

    fileprivate func standing(_ status: ProviderStatus) -> [Reading] {
        let circuits = ProviderStatus.Circuit.allCases.map { state in
            circuit.reading(status.circuit == state ? 1 : 0, status.name, state.rawValue)
        }
        return circuits + [paused.reading(status.pause == nil ? 0 : 1, status.name)]
    }
}
