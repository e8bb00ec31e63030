internal import Documents
internal import Persistence
internal import ThumbwireKit

/// Whom a job's runner tells how far the provider is.
struct ProgressTelling {
    /// True where an event is wanted; `nil` before anybody looked.
    var isAskedFor: Bool?
    /// The job's percentage is newer than what is written.
    var hasNews = false
}

/// What providers report while they work, made durable and told by the task that owns the job.
///
/// All of it is for those who watch: whatever a write comes to, the provider's answer is awaited and goes its way.
extension JobRunner {
    /// Of the whole job: where a provider begins, and where its pictures are there.
    static let percentOfIntent = 5
    static let percentOfPictures = 50

    /// Orders, and writes meanwhile what is reported.
    func create(_ call: ProviderCall) async -> Result<GenerationAnswer, any Error> {
        async let answer = call.create()
        await writeReports(of: call)
        let result = await answer
        noteProgress(of: call)
        return result
    }

    /// Asks about a ticket, and writes meanwhile what is reported.
    func poll(_ ticket: String, _ call: ProviderCall) async throws -> GenerationAnswer {
        async let answer = call.poll(ticket)
        await writeReports(of: call)
        defer { noteProgress(of: call) }
        return try await answer
    }

    /// Until the call ends, or until a write shows that it had better be left.
    private func writeReports(of call: ProviderCall) async {
        while let percent = await call.progress.next() {
            guard await tell(percent) else { return }
        }
    }

    /// Writes the percentage under the lease, with an event where one is asked for; false when no further one is to be
    /// written: the job was told to stop, or the store does not take it.
    func tell(_ percent: Int) async -> Bool {
        guard isNews(percent) else { return running.stopReason == nil }
        await findOutWhoAsksForProgress()
        let before = job
        job.progress.percent = percent
        do {
            guard running.stopReason == nil else { throw CancellationError() }
            try await write(.keep, event: progressEvent())
            return true
        } catch {
            job = before
            return false
        }
    }

    /// Takes over what was reported last; it is written, and told, with the next rest.
    func noteProgress(of call: ProviderCall) {
        guard let percent = call.progress.rest(), isNews(percent) else { return }
        job.progress.percent = percent
        telling.hasNews = true
    }

    /// The event for what ``noteProgress(of:)`` took over. Looks nobody up: a ticket may be waiting to be written.
    func untoldProgress() -> Event? {
        guard telling.hasNews else { return nil }
        telling.hasNews = false
        return progressEvent()
    }

    /// Looks once whether the job's callback, or an endpoint of its account, asks for progress.
    func findOutWhoAsksForProgress() async {
        guard telling.isAskedFor == nil else { return }
        if job.callback?.events.contains(.progress) == true {
            telling.isAskedFor = true
            return
        }
        guard let endpoints = try? await services.store.endpoints(of: job.account) else { return }
        telling.isAskedFor = endpoints.contains { $0.status != .disabled && $0.events.contains(.progress) }
    }

    private func isNews(_ percent: Int) -> Bool {
        running.stopReason == nil && job.state == .generating && percent > job.progress.percent
    }

    private func progressEvent() -> Event? {
        guard telling.isAskedFor == true else { return nil }
        let (counted, event) = services.encoder.event(.progress, of: job, at: services.clock.now())
        job = counted
        return event
    }
}
