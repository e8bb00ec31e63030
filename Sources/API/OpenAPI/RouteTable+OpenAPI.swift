import HTTP
import ThumbwireKit

extension RouteTable {
    /// The last route: its document describes all that were added before, and itself.
    mutating func addOpenAPI() {
        let operation = Operation(
            "getOpenAPI", "This document", tag: "health", answers: [.json(200, "OpenAPI 3.1", "Object")])
        let own = Route(
            method: .get, pattern: "/openapi.json", access: .open, operation: operation,
            handler: .immediate { _ in Response(status: 200) })
        let document = OpenAPIDocument(routes: routes + [own], publicURL: context.publicURL).json()
        let bytes = document.serialized()
        immediate(.get, own.pattern, operation) { _ in .json(200, bytes: bytes) }
    }
}
