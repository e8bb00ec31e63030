import Documents
import Engine
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addJobs() {
        let wish = Operation.Parameter(
            name: "Prefer", place: .header, summary: "`wait=N` waits as the query's `wait` does")
        let callback = Operation.Parameter(
            name: Call.callbackHeader, place: .header,
            summary: "a URL that gets the job's last event; `callbackUrl` in the body overrides it")
        native(
            .post, "/v1/jobs",
            Operation(
                "createJob", "Ask for a thumbnail", tag: "jobs",
                parameters: [.wait, wish, callback, .callbackFormat, .idempotencyKey],
                body: "JobRequest",
                answers: [.json(202, "accepted", "Job"), .json(200, "finished within the wait", "Job")]),
            createJob)
        native(
            .get, "/v1/jobs",
            Operation(
                "listJobs", "Jobs, newest first", tag: "jobs",
                parameters: Operation.Parameter.list(
                    .init(name: "status", summary: "states, separated by commas"),
                    .init(name: "sessionId", summary: "only those of the session")),
                answers: [.json(200, "part of the list", "JobList")]),
            listJobs)
        native(
            .get, "/v1/jobs/{id}",
            Operation(
                "getJob", "One job", tag: "jobs", parameters: [.wait, wish],
                answers: [.json(200, "the job as it is", "Job")]),
            getJob)
        native(
            .delete, "/v1/jobs/{id}",
            Operation(
                "deleteJob",
                "Erase a job that has ended, with its events and files; lines of the ledger stay. Refused with "
                    + "`job_not_finished` before its end, and with `deliveries_pending` while an event of it waits to "
                    + "be delivered",
                tag: "jobs",
                parameters: [
                    .init(
                        name: "deliveries",
                        summary: "`drop` gives up what waits to be delivered, instead of refusing (`keep`)")
                ],
                answers: [Operation.Answer(status: 204, summary: "erased")]),
            deleteJob)
        native(
            .post, "/v1/jobs/{id}/cancel",
            Operation(
                "cancelJob", "Stop a job", tag: "jobs",
                answers: [
                    .json(200, "cancelled", "Job"), .json(202, "its worker was asked to stop", "Job"),
                ]),
            cancelJob)
        native(
            .post, "/v1/jobs/{id}/retry",
            Operation(
                "retryJob", "Try a failed or cancelled job once more, with what was paid for", tag: "jobs",
                parameters: [.idempotencyKey], body: "RetryRequest", answers: [.json(202, "a new job", "Job")]
            ),
            retryJob)
        native(
            .get, "/v1/jobs/{id}/composition",
            Operation(
                "getComposition", "The editor state of a finished job", tag: "jobs",
                parameters: [.init(name: "variant", summary: "which picture, from 0", type: "integer")],
                answers: [.json(200, "the composition", "Composition")]),
            getComposition)
    }
}

@Sendable private func createJob(_ call: Call) async throws -> Response {
    let wait = try call.wait()
    let body = try call.body()
    let made = try await call.once(body: .json(body)) { key in
        try await call.submit(try await submission(of: body, call, key)).job
    }
    let accepted = made.resource
    // The job is accepted whatever becomes of the wait: an error now would make the client ask twice.
    let job = wait > .zero ? (try? await call.awaitEnd(of: accepted.id, within: wait)) ?? accepted : accepted
    return call.answer(job, status: wait > .zero && job.state.isTerminal ? 200 : 202).marked(made)
}

private func submission(
    of body: JSONValue, _ call: Call, _ key: IdempotencyKey?
) async throws -> Submission {
    let asked = try NativeJobRequest(body)
    var submission = call.submission(.native, try await call.resolvingUploads(of: asked.request))
    submission.session = asked.session
    submission.chain = asked.chain
    submission.metadata = asked.metadata
    submission.priority = asked.priority
    submission.deadline = asked.deadline
    let header = call.request.headers[Call.callbackHeader].map { CallbackRequest(url: $0) }
    submission.callback = try await call.callback(
        asked.callback ?? header,
        in: asked.callback == nil ? .header(Call.callbackHeader) : .field("callbackUrl"))
    submission.repetition = key.map(Repetition.key)
    return submission
}

extension Call {
    /// A job that was made.
    fileprivate func answer(_ job: Job, status: Int) -> Response {
        .json(
            status, context.document.json(job),
            headers: ["Location": "\(context.publicURL)/v1/jobs/\(job.id)"])
    }
}

@Sendable private func listJobs(_ call: Call) async throws -> Response {
    let query = JobQuery(
        account: call.account, states: try call.request.choices("status", JobState.self),
        session: call.request.query("sessionId"), limit: try call.limit(),
        cursor: call.request.query("cursor"))
    let page = try await call.page { () async throws(StoreError) in try await call.context.store.jobs(query) }
    return .list(page.items.map(call.context.document.json), next: page.next)
}

@Sendable private func getJob(_ call: Call) async throws -> Response {
    let wait = try call.wait()
    guard let job = try await call.awaitEnd(of: call.jobID(), within: wait) else { throw call.noJob }
    return .json(200, call.context.document.json(job))
}

@Sendable private func cancelJob(_ call: Call) async throws -> Response {
    let document = call.context.document
    switch try await call.context.engine.cancel(call.jobID(), of: call.account) {
    case .cancelled(let job): return .json(200, document.json(job))
    case .requested(let job): return .json(202, document.json(job))
    case .alreadyTerminal(let job) where job.state == .cancelled: return .json(200, document.json(job))
    case .alreadyTerminal(let job):
        throw Problem(.jobFinished, "job \(job.id) is \(job.state.rawValue) and cannot be cancelled any more")
    case .notFound: throw call.noJob
    }
}

@Sendable private func deleteJob(_ call: Call) async throws -> Response {
    let fate = try call.request.choices("deliveries", PendingDeliveries.self)
    let id = call.jobID()
    switch try await call.context.engine.delete(id, of: call.account, dropsDeliveries: fate == [.drop]) {
    case .erased: return Response(status: 204)
    case .unfinished:
        throw Problem(
            .jobNotFinished,
            "job \(id) runs, or its provider still works on it; cancel it and delete it when that has ended")
    case .delivering:
        throw Problem(
            .deliveriesPending,
            "an event of job \(id) waits to be delivered; delete the job later, or with deliveries=drop")
    case .notFound: throw call.noJob
    }
}

/// What becomes of events that wait when their job is deleted.
private enum PendingDeliveries: String, CaseIterable {
    case keep, drop
}

@Sendable private func retryJob(_ call: Call) async throws -> Response {
    let isEmpty = call.request.body.isEmpty
    var asked = try RetryRequest(isEmpty ? [:] : try call.body()).wish
    asked.requestID = call.request.id
    let wish = asked
    let made = try await call.once { key in
        try await call.inTurn {
            let (id, engine) = (call.jobID(), call.context.engine)
            guard let job = try await engine.retry(id, of: call.account, wish, once: key) else {
                throw call.noJob
            }
            return (job, isNew: true)
        }
    }
    return call.answer(made.resource, status: 202).marked(made)
}

@Sendable private func getComposition(_ call: Call) async throws -> Response {
    let last = RequestLimits.variants.upperBound - 1
    let variant = try call.request.integer("variant", in: 0...last) ?? 0
    guard let job = try await call.context.store.job(call.jobID(), of: call.account) else { throw call.noJob }
    guard let text = try await call.context.store.composition(of: job.id, variant: variant) else {
        throw Problem(
            .notFound, "job \(job.id) is \(job.state.rawValue) and has no composition of variant \(variant)")
    }
    return .json(200, bytes: text)
}
