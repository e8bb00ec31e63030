/// Which handler answers a method and path.
///
/// Patterns are literal segments and `{name}` parameters: `/v1/jobs/{id}/cancel`. A literal segment wins over a
/// parameter at the same place.
package struct Router: Sendable {
    package enum Match: Sendable {
        case found(Handler, parameters: [String: String])
        /// The path exists, the method does not; these are the ones for `Allow`.
        case methodNotAllowed([Method])
        case notFound
    }

    private struct Node: Sendable {
        var literals: [String: Node] = [:]
        var parameter: (name: String, node: [Node])?
        var handlers: [Method: Handler] = [:]
    }

    private var root = Node()

    package init() {}
}
