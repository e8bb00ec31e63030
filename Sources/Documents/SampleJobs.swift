package import ThumbwireKit

/// One job at the moments that events are sent: what samples show.
package enum SampleJobs {
    /// When it was accepted.
    package static let acceptedAt = Timestamp(microseconds: 1_795_262_400_000_000)

    package static func queued() -> Job {
        var request = ThumbnailRequest(
            title: "Ten Minute Pasta", prompt: "a steaming bowl of pasta on a dark table")
        request.layoutType = .textLeft
        request.colorGrading = .warm
        let studio = PinnedChain.Use(
            id: "studio", plugin: "studio", major: 1, configuration: [:], timeout: .seconds(60))
        var job = Job(
            id: JobID(rawValue: "job_01kajy4q00fmwq8y1dzk3xvn0c"),
            account: AccountID(rawValue: "acct_01kahzqqz0c7h3v0v6tgnw8a5s"), face: .native,
            request: request, pin: PinnedChain(name: "default", providers: [studio], steps: []),
            session: "ses_pasta", createdAt: acceptedAt, deadline: acceptedAt + .seconds(900))
        job.metadata = ["videoId": "pasta-10"]
        job.callback = Job.CallbackSummary(host: "n8n.example", events: EventType.terminal)
        return job
    }

    package static func processing() -> Job {
        var job = queued()
        job.state = .processing
        job.startedAt = acceptedAt + .milliseconds(4)
        job.progress = Job.Progress(step: "color-grade", percent: 60)
        job.provider = "studio"
        var step = Step(
            id: "studio", index: 0, attempt: 1, plugin: "studio", version: "1.0.0", configurationHash: "",
            startedAt: acceptedAt + .milliseconds(4))
        step.status = .succeeded
        step.finishedAt = acceptedAt + .milliseconds(52)
        step.cost = Cost(amount: 0, unit: "credits")
        job.steps = [step]
        job.eventCount = 1
        return job
    }

    package static func progressing() -> Job {
        var job = queued()
        job.state = .generating
        job.startedAt = acceptedAt + .milliseconds(4)
        job.progress = Job.Progress(step: "studio", percent: 32)
        job.steps = [
            Step(
                id: "studio", index: 0, attempt: 1, plugin: "studio", version: "1.0.0", configurationHash: "",
                startedAt: acceptedAt + .milliseconds(4))
        ]
        job.eventCount = 1
        return job
    }

    package static func completed() -> Job {
        var job = processing()
        job.state = .completed
        job.progress = Job.Progress(step: nil, percent: 100)
        job.finishedAt = acceptedAt + .milliseconds(97)
        job.outputs = [
            Output(
                artifact: ArtifactID(rawValue: "art_01kajy4q2sx1y0jv5c1hhs9t3e"),
                fileName: "2f6c1d0e9b8a47536e5d4c3b2a190807.jpg", size: .landscape, format: .jpeg,
                bytes: 148_213, sha256: String(repeating: "3a7f", count: 16), variant: 0,
                expiresAt: acceptedAt + .seconds(90 * 86_400))
        ]
        job.eventCount = 2
        return job
    }

    package static func failed() -> Job {
        var job = queued()
        job.state = .failed
        job.startedAt = acceptedAt + .milliseconds(4)
        job.finishedAt = acceptedAt + .seconds(12)
        job.failure = Failure(
            .contentRejected, code: "content_rejected", message: "the provider refused the prompt")
        job.eventCount = 1
        return job
    }

    package static func cancelled() -> Job {
        var job = queued()
        job.state = .cancelled
        job.finishedAt = acceptedAt + .seconds(3)
        job.eventCount = 1
        return job
    }
}
