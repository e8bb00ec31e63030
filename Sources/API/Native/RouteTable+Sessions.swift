import Documents
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addSessions() {
        native(
            .get, "/v1/sessions/{id}",
            Operation(
                "getSession", "A session's jobs, newest first, and how they stand", tag: "jobs",
                parameters: Operation.Parameter.list(),
                answers: [.json(200, "the session with part of its jobs", "Session")])
        ) { call in
            let (store, session) = (call.context.store, call.parameter("id"))
            let counts = try await store.jobCounts(of: session, account: call.account)
            // A session exists as soon as a job names it.
            guard !counts.isEmpty else {
                throw Problem(.notFound, "there is no session \(session.prefix(64))")
            }
            let query = JobQuery(
                account: call.account, session: session, limit: try call.limit(),
                cursor: call.request.query("cursor"))
            let page = try await call.page { () async throws(StoreError) in try await store.jobs(query) }
            var states = JSONObject(JobState.allCases.map { ($0.rawValue, .integer(Int64(counts[$0] ?? 0))) })
            states["total"] = .integer(Int64(counts.values.reduce(0, +)))
            return .json(
                200,
                [
                    "id": .string(session), "object": "session", "counts": .object(states),
                    "data": .array(page.items.map(call.context.document.json)), "next": page.next.json,
                ])
        }
    }
}
