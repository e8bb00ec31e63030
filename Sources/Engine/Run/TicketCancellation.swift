internal import Persistence
internal import ThumbwireKit

extension EngineServices {
    /// How long a provider may take to hear that nobody waits any more.
    private static var patience: Duration { .seconds(10) }

    /// Tells the providers of open tickets that nobody waits any more; does nothing for a job without one. The tickets
    /// are followed all the same: what they cost is known when they end.
    func cancelTickets(of job: Job) async {
        for step in job.steps where step.index == 0 && step.status == .pending {
            guard let ticket = step.ticket,
                let use = job.pin.providers.first(where: { $0.id == step.id }),
                let provider = try? registry.provider(for: use)
            else { continue }
            await cancel(ticket, of: job, use, provider)
        }
    }

    private func cancel(
        _ ticket: String, of job: Job, _ use: PinnedChain.Use, _ provider: any Provider
    ) async {
        let deadline = clock.now() + Self.patience
        let context = JobProviderContext(
            job: job, use: use, pacing: registry.pacing(of: provider, for: use), deadline: deadline,
            services: self,
            warnings: Warnings([]))
        // A task of its own: a worker that was told to stop is cancelled, and its requests would fail at once.
        await Task { [clock] in
            try? await withDeadline(deadline, clock: clock) {
                await provider.cancel(ticket, context: context)
            }
        }.value
    }

    /// The work that goes on although the job has ended, as the store is to keep it.
    func openTickets(of job: Job) -> [OpenTicket] {
        let now = clock.now()
        return job.steps.compactMap { step in
            guard step.index == 0, step.status == .pending, step.ticket != nil,
                let use = job.pin.providers.first(where: { $0.id == step.id })
            else { return nil }
            return OpenTicket(
                job: job.id, account: job.account, step: step, use: use,
                nextPollAt: now + TicketFollower.firstRest, until: now + TicketFollower.patience)
        }
    }
}
