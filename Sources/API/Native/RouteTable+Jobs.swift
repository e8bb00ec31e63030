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
                parameters: [.wait, wish, callback, .callbackFormat],
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
                body: "RetryRequest", answers: [.json(202, "a new job", "Job")]),
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
    let asked = try NativeJobRequest(try call.body())
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
    let accepted = try await call.submit(submission).job
    // The job is accepted whatever becomes of the wait: an error now would make the client ask twice.
    let job = wait > .zero ? (try? await call.awaitEnd(of: accepted.id, within: wait)) ?? accepted : accepted
    let link = "\(call.context.publicURL)/v1/jobs/\(job.id)"
    return .json(
        job.state.isTerminal ? 200 : 202, call.context.document.json(job), headers: ["Location": link])
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

@Sendable private func retryJob(_ call: Call) async throws -> Response {
    let isEmpty = call.request.body.isEmpty
    let wish = try RetryRequest(isEmpty ? [:] : try call.body()).wish
    let job = try await call.inTurn {
        guard let job = try await call.context.engine.retry(call.jobID(), of: call.account, wish) else {
            throw call.noJob
        }
        return (job, isNew: true)
    }
    let link = "\(call.context.publicURL)/v1/jobs/\(job.id)"
    return .json(202, call.context.document.json(job), headers: ["Location": link])
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
