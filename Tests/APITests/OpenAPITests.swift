import HTTP
import Testing
import ThumbwireKit

@testable import API

struct OpenAPITests {
    @Test func `describes every route and nothing else`() async throws {
        try await withService { service in
            let document = try await service.send(.get, "/openapi.json", key: nil).json()
            var described: Set<String> = []
            for path in try #require(document["paths"]?.object).members {
                for name in path.value.object?.names ?? [] where name != "parameters" {
                    described.insert("\(name.uppercased()) \(path.name)")
                    let method = try #require(Method(rawValue: name.uppercased()))
                    guard case .found = service.router.match(method, path: path.name) else {
                        Issue.record("\(name) \(path.name) is no route")
                        continue
                    }
                }
            }
            let routes = routes(of: service.context).map { "\($0.method.rawValue) \($0.pattern)" }
            #expect(described == Set(routes))
            #expect(routes.count == Set(routes).count)
        }
    }

    @Test func `names only schemas that exist, and each operation once`() async throws {
        try await withService { service in
            let document = try await service.send(.get, "/openapi.json", key: nil).json()
            let schemas = try #require(document["components"]?["schemas"]?.object)
            for reference in references(in: document) {
                #expect(schemas[reference] != nil, "\(reference)")
            }
            let ids = routes(of: service.context).map(\.operation.id)
            #expect(ids.count == Set(ids).count)
        }
    }

    @Test func `asks for a key where the routes do`() async throws {
        try await withService { service in
            for route in routes(of: service.context) {
                let path = route.pattern.split(separator: "/").map { $0.hasPrefix("{") ? "x" : $0 }
                let response = try await service.send(
                    route.method, "/" + path.joined(separator: "/"), key: nil)
                #expect((response.status == 401) == (route.access == .key), "\(route.pattern)")
            }
        }
    }

    @Test func `says of bodies whether they may be left out, as the routes take them`() async throws {
        try await withService { service in
            let made = try await service.send(
                .post, "/v1/webhook-endpoints", body: #"{"url":"https://93.184.215.14/"}"#)
            let id = try #require(try made.json()["id"]?.string)
            let paths = try await service.send(.get, "/openapi.json", key: nil).json()["paths"]
            for action in ["rotate-secret", "test", "recover"] {
                let pattern = "/v1/webhook-endpoints/{id}/\(action)"
                let body = paths?[pattern]?["post"]?["requestBody"]
                let bare = try await service.send(.post, "/v1/webhook-endpoints/\(id)/\(action)")
                #expect(body?["required"]?.bool == (bare.status >= 400), "\(action)")
            }
        }
    }

    private func references(in value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): return elements.flatMap(references)
        case .object(let object):
            let own = object["$ref"]?.string.map { [String($0.split(separator: "/").last ?? "")] } ?? []
            return own + object.members.flatMap { references(in: $0.value) }
        default: return []
        }
    }
}
