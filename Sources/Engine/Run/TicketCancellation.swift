internal import ThumbwireKit

extension EngineServices {
    /// How long a provider may take to hear that nobody waits any more.
    private static var patience: Duration { .seconds(10) }

    /// Tells the provider of an open ticket that nobody waits any more; does nothing for a job without one.
    func cancelTicket(of job: Job) async {
        guard let step = job.steps.last(where: { $0.index == 0 && $0.status == .pending }),
            let ticket = step.ticket,
            let use = job.pin.providers.first(where: { $0.id == step.id }),
            let provider = try? registry.provider(for: use)
        else { return }
        let deadline = clock.now() + Self.patience
        let context = JobProviderContext(
            job: job, use: use, pacing: provider.pacing, deadline: deadline, services: self,
            warnings: Warnings([]))
        // A task of its own: a worker that was told to stop is cancelled, and its requests would fail at once.
        await Task { [clock] in
            try? await withDeadline(deadline, clock: clock) {
                await provider.cancel(ticket, context: context)
            }
        }.value
    }
}
