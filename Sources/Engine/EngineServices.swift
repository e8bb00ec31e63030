package import Documents
package import Persistence
package import ThumbwireKit

/// What the engine and its workers need of the rest of the service.
package struct EngineServices: Sendable {
    package var store: any Store
    package var artifacts: any ArtifactStorage
    package var registry: Registry
    package var encoder: EventEncoder
    package var renderPool: RenderPool
    package var sources: any SourceFetching
    package var transport: any ProviderTransport
    package var gates: ProviderGates
    package var previews: Previews
    package var clock: any WallClock
    package var log: Log
    package var metrics = EngineMetrics(in: Metrics())
    package var faults = FaultPoints.none
    /// Says whether there is room for new jobs.
    package var storage = StorageGuard()
    package var retention = RetentionPolicy()
    let chains = ChainPauses()

    package init(
        store: any Store, artifacts: any ArtifactStorage, registry: Registry, encoder: EventEncoder,
        renderPool: RenderPool, sources: any SourceFetching, transport: any ProviderTransport,
        gates: ProviderGates = ProviderGates(), previews: Previews = Previews(), clock: any WallClock,
        log: Log
    ) {
        self.store = store
        self.artifacts = artifacts
        self.registry = registry
        self.encoder = encoder
        self.renderPool = renderPool
        self.sources = sources
        self.transport = transport
        self.gates = gates
        self.previews = previews
        self.clock = clock
        self.log = log
    }

    /// The job as it is when cancelled now, with the event that says so.
    func cancelled(_ job: Job) -> (job: Job, event: Event) {
        ended(job, .cancelled, event: .cancelled)
    }

    /// The job as it is when failed now, with the event that says so.
    func failed(_ job: Job, _ failure: Failure) -> (job: Job, event: Event) {
        var job = job
        job.failure = failure
        return ended(job, .failed, event: .failed)
    }

    /// The job as it is when it ends now in that state, with the event that says so.
    func ended(_ job: Job, _ state: JobState, event: EventType) -> (job: Job, event: Event) {
        let now = clock.now()
        var job = job
        job.state = state
        job.finishedAt = now
        job.progress.step = nil
        noteInterruptedPurchases(of: &job)
        return encoder.event(event, of: job, at: now)
    }

    /// An intent without an answer, which a process before left, or a worker that was cut off: whether it bought
    /// anything is not known.
    func noteInterruptedPurchases(of job: inout Job) {
        for position in job.steps.indices {
            let step = job.steps[position]
            guard step.index == 0, step.status == .started, isBilled(step.plugin) else { continue }
            job.steps[position].status = .failed
            job.steps[position].finishedAt = clock.now()
            job.steps[position].failure = ProviderRules.interrupted(step.id)
        }
    }
}
