import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

struct HealthRouteTests {
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

    @Test func `lists plugins without secret defaults`() async throws {
        try await withService { service in
            let plugins = try await service.send(.get, "/v1/plugins")
            #expect(try plugins.json()["data"]?.array?.first?["id"] == "studio")
            #expect(try !plugins.text().contains("hush"))
        }
    }
}
