import Documents
import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import API

struct JobDeletionTests {
    /// A completed job with one picture; a callback of it waits to be delivered where it has one.
    private func finished(_ service: Service, hasCallback: Bool = false) async throws -> (
        id: String, link: String
    ) {
        var body: JSONObject = ["title": "A"]
        if hasCallback { body["callbackUrl"] = "https://93.184.215.14/hook" }
        let id = try await service.makeJob(
            String(decoding: JSONValue.object(body).serialized(), as: UTF8.self))
        let claimed = try await service.store.claim(
            limit: 10, lease: Lease(id: "w", until: service.clock.now() + .seconds(30)),
            now: service.clock.now())
        let job = try #require(claimed.first { $0.id.rawValue == id }).job
        var picture = Artifact.make(account: service.account.id, job: job.id)
        picture.sha256 = MemoryArtifacts.sha256
        let ended = job.becoming(.completed, at: service.clock.now())
        _ = try await service.store.apply(
            JobChange(
                job: ended, lease: "w", disposition: .finish, artifacts: [picture],
                event: .make(.completed, of: ended, sequence: 2)))
        return (id, "/files/\(picture.fileName)")
    }

    @Test func `erases a job that has ended, once`() async throws {
        try await withService { service in
            let (id, link) = try await finished(service)
            #expect(try await service.send(.get, link, key: nil).status == 200)

            let foreign = try await service.send(.delete, "/v1/jobs/\(id)", key: Service.otherKey)
            let deleted = try await service.send(.delete, "/v1/jobs/\(id)")
            let again = try await service.send(.delete, "/v1/jobs/\(id)")

            #expect(foreign.status == 404)
            #expect(deleted.status == 204)
            #expect(again.status == 404)
            #expect(try await service.send(.get, "/v1/jobs/\(id)").status == 404)
            #expect(try await service.send(.get, link, key: nil).status == 404)
            let events = try await service.send(.get, "/v1/events")
            #expect(events.status == 200)
            #expect(try events.json()["data"]?.array?.isEmpty == true)
        }
    }

    @Test func `refuses while it runs`() async throws {
        try await withService { service in
            let id = try await service.makeJob()
            let refused = try await service.send(.delete, "/v1/jobs/\(id)")
            #expect(refused.status == 409)
            #expect(try refused.json()["code"] == "job_not_finished")
            #expect(try await service.send(.get, "/v1/jobs/\(id)").status == 200)
        }
    }

    @Test func `refuses while an event waits, unless the client drops it`() async throws {
        try await withService { service in
            let (id, _) = try await finished(service, hasCallback: true)

            for query: [(String, String)] in [[], [("deliveries", "keep")]] {
                let refused = try await service.send(.delete, "/v1/jobs/\(id)", query: query)
                #expect(refused.status == 409)
                #expect(try refused.json()["code"] == "deliveries_pending")
            }
            let unknown = try await service.send(.delete, "/v1/jobs/\(id)", query: [("deliveries", "lose")])
            #expect(unknown.status == 422)
            let dropped = try await service.send(.delete, "/v1/jobs/\(id)", query: [("deliveries", "drop")])
            #expect(dropped.status == 204)
        }
    }

    @Test func `a link ends in its time, and caches are told`() async throws {
        try await withService { service in
            var picture = Artifact.make(account: service.account.id)
            picture.sha256 = MemoryArtifacts.sha256
            picture.expiresAt = service.clock.now() + .seconds(600)
            try await service.store.insert(picture)
            let link = "/files/\(picture.fileName)"

            let early = try await service.send(.get, link, key: nil)
            #expect(early.headers["Cache-Control"] == "public, max-age=600, immutable")
            service.clock.advance(by: .seconds(600))
            #expect(try await service.send(.get, link, key: nil).status == 404)
            let refused = try await service.send(
                .post, "/v1/jobs", body: #"{"title":"T","sourceImageUrl":"https://thumbs.example\#(link)"}"#)
            #expect(try refused.json()["code"] == "upload_not_found")
        }
    }
}
