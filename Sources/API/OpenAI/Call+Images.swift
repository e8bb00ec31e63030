import Documents
import Engine
import HTTP
import Persistence
import ThumbwireKit

extension Call {
    /// What a variation asks for, whose clients send no prompt.
    private static let variationPrompt = "A variation of this picture with the same subject and style."
    /// How long a request whose connection closed unanswered may be joined by one like it.
    private static let joinWindow = Duration.seconds(15 * 60)

    /// Makes the job, or finds the one that an earlier try of this request made, and answers with its pictures. With an
    /// idempotency key the client says itself what a repetition is; without, its likeness to earlier requests does.
    func answer(
        _ asked: OpenAIImageRequest, pictures: EditPictures = EditPictures(), body: RequestMeaning.Body
    ) async throws -> Response {
        guard request.headers[Self.idempotencyHeader] == nil else {
            let made = try await once(body: body) { key in
                var submission = try await submission(asked, pictures)
                submission.repetition = key.map(Repetition.key)
                return try await submit(submission).job
            }
            return try await answer(asked, made.resource, nil).marked(made)
        }
        let digest = RequestMeaning(of: request, account: account, body: body).digest
        let (job, wait) = try await submit(try await submission(asked, pictures), digest)
        return try await answer(asked, job, wait)
    }

    private func submission(
        _ asked: OpenAIImageRequest, _ pictures: EditPictures
    ) async throws -> Submission {
        let callback = try await callback(of: asked)
        let stored = try await store(pictures)
        var submission = submission(.openai, request(asked, stored))
        submission.callback = callback
        return submission
    }

    private func answer(
        _ asked: OpenAIImageRequest, _ job: Job, _ wait: EqualRequests.Wait?
    ) async throws -> Response {
        let images = OpenAIImages(asked: asked, job: job, context: context)
        guard !asked.isStream else { return images.stream(to: self, wait) }
        var response: Response
        do {
            let finished = try await finished(job.id, asked.model.family)
            response = .openAI(200, try await images.json(of: finished))
        } catch let refusal as OpenAIRefusal {
            // Told is answered: the next equal request tries anew.
            response = .openAIProblem(refusal.problem, refusal.row)
        }
        if let wait { response.onSent = markAnswered(job.id, wait) }
        return response
    }

    private func submit(
        _ submission: Submission, _ digest: [UInt8]
    ) async throws -> (job: Job, wait: EqualRequests.Wait) {
        let fingerprint = fingerprint(digest)
        if !fingerprint.isRepetition, context.equalRequests.isWaiting(fingerprint.hash) {
            // One of them may be this client's own, given up a moment ago.
            try await context.clock.sleep(until: context.clock.now() + EqualRequests.noticeOfLeaving)
        }
        return try await context.equalRequests.submit(fingerprint.hash) { waiting in
            var (submission, fingerprint) = (submission, fingerprint)
            fingerprint.waiting = waiting
            submission.repetition = .equal(fingerprint)
            return try await submit(submission).job
        }
    }

    /// The job once it is completed. Whatever is thrown before the job has ended leaves it running: the client's next
    /// try joins it.
    func finished(_ id: JobID, _ family: OpenAIModel.Family) async throws -> Job {
        guard let job = try await awaitEnd(of: id, within: context.limits.imageWait) else {
            throw Problem(.notFound, "the job is gone")
        }
        switch job.state {
        case .completed: return job
        case .failed:
            let failure = job.failure ?? Failure(.internal, code: "internal_error", message: "the job failed")
            var problem = Problem(failure)
            problem.retryAfter = nil
            throw OpenAIRefusal(problem, family: family)
        case .cancelled:
            throw OpenAIRefusal(Problem(.jobFinished, "the job was cancelled"), family: family)
        case .queued, .generating, .processing, .waiting:
            guard context.engine.isAccepting, !Task.isCancelled else {
                throw Problem(
                    .draining, "the service is shutting down; try again soon", retryAfter: .seconds(5))
            }
            throw Problem(
                .deadlineExceeded,
                "job \(id) is still running after \(Int(context.limits.imageWait.inSeconds)) s; the same request "
                    + "sent again within 15 minutes waits for it",
                retryAfter: .seconds(1))
        }
    }

    /// What notes that the request was answered: the next one like it is a wish of its own.
    func markAnswered(_ id: JobID, _ wait: EqualRequests.Wait) -> @Sendable () -> Void {
        let (store, log) = (context.store, context.log)
        return {
            wait.noteAnswered()
            // Nobody waits for it: lost in a crash, it only lets a repetition find this job.
            Task {
                do throws(StoreError) {
                    try await store.markAnswered(id)
                } catch {
                    log(.warning, "an answer could not be noted", ["error": .string("\(error)")])
                }
                // A client that asks again at once is faster than the note.
                withExtendedLifetime(wait) {}
            }
        }
    }

    private func request(_ asked: OpenAIImageRequest, _ stored: StoredPictures) -> ThumbnailRequest {
        var request = ThumbnailRequest(
            prompt: asked.prompt ?? Self.variationPrompt,
            resolution: asked.resolution(picture: stored.firstSize))
        request.variants = asked.count
        request.format = asked.format
        request.quality = asked.compression
        request.referenceImages = stored.images
        request.maskImage = stored.mask
        request.options = ["openai": .object(asked.options)]
        return request
    }

    private func callback(of asked: OpenAIImageRequest) async throws -> Submission.Callback? {
        if let url = asked.webhookURL {
            return try await callback(CallbackRequest(url: url), in: .field("webhookUrl"))
        }
        let url = request.headers[Self.callbackHeader]
        return try await callback(
            url.map { CallbackRequest(url: $0) }, in: .header(Self.callbackHeader))
    }

    /// OpenAI's SDKs count their own tries in a header.
    private func fingerprint(_ digest: [UInt8]) -> Fingerprint {
        let tries = request.headers["x-stainless-retry-count"].flatMap { Int($0) } ?? 0
        return Fingerprint(
            hash: digest, since: context.clock.now() - Self.joinWindow, isRepetition: tries > 0)
    }
}
