import API
import Dispatch
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite(.timeLimit(.minutes(10))) struct HealthRouteTests {
    @Test func `is alive without waiting for anything`() async throws {
        try await withService { service in
            guard case .found(.immediate, _) = service.router.match(.get, path: "/healthz") else {
                Issue.record("/healthz is not immediate")
                return
            }
            let response = try await service.send(.get, "/healthz", key: nil)
            #expect(response.status == 200)
        }
    }

    @Test func `is ready until it drains`() async throws {
        try await withService { service in
            #expect(try await service.send(.get, "/readyz", key: nil).status == 200)
            service.engine.stopAccepting()
            let draining = try await service.send(.get, "/readyz", key: nil)
            #expect(draining.status == 503)
            #expect(try draining.json()["status"] == "draining")
        }
    }

    @Test func `is not ready when the store is closed`() async throws {
        try await withService { service in
            await service.store.close()
            let response = try await service.send(.get, "/readyz", key: nil)
            #expect(response.status == 503)
        }
    }

    @Test func `says so when a commit hangs, without waiting for it`() async throws {
        try await withService { service in
            var service = service
            service.context.readiness.stall = .milliseconds(1)
            service.context.readiness.patience = .milliseconds(50)
            service.router = makeRouter(service.context)
            let made = try await service.send(
                .post, "/v1/webhook-endpoints", body: #"{"url":"https://93.184.215.14/"}"#)
            let id = EndpointID(rawValue: try #require(try made.json()["id"]?.string))
            let gate = DispatchSemaphore(value: 0)
            let hanging = Task { [store = service.store, account = service.account.id] in
                // A change is made on the writing thread, which stands still as long as it does.
                try await store.update(id, of: account) { _ in
                    gate.wait()
                    gate.signal()
                }
            }
            defer { gate.signal() }

            var answer: JSONValue = .null
            while answer["status"] != "store_stalled" {
                answer = try await service.send(.get, "/readyz", key: nil).json()
            }
            #expect(answer["reasons"]?.array?.first?["code"] == "store_stalled")
            #expect(try await service.send(.get, "/healthz", key: nil).status == 200)

            gate.signal()
            _ = try await hanging.value
            while try await service.send(.get, "/readyz", key: nil).status != 200 {}
        }
    }

    @Test func `lists plugins without secret defaults`() async throws {
        try await withService { service in
            let plugins = try await service.send(.get, "/v1/plugins")
            #expect(try plugins.json()["data"]?.array?.first?["id"] == "studio")
            #expect(try !plugins.text().contains("hush"))
        }
    }
}
