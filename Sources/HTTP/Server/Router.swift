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

    /// What `on` registered.
    struct Route: Sendable {
        var handler: Handler
        /// As it was registered; `nil` for what the router answers itself.
        var pattern: String?
        var parameterNames: [String]
        /// `nil` means the server's own limit.
        var maximumBodyBytes: Int?
    }

    enum RouteMatch: Sendable {
        case found(Route, parameters: [String: String])
        case methodNotAllowed([Method])
        case notFound
    }

    private struct Node: Sendable {
        var literals: [String: Node] = [:]
        /// Empty or the one node behind a `{name}` segment: a struct cannot hold itself but in an array.
        var parameter: [Node] = []
        var routes: [Method: Route] = [:]
    }

    private var root = Node()

    package init() {}

    /// Registers a handler that needs no waiting; it runs on the server's own thread and must not block.
    ///
    /// A trailing closure without `await` is taken for one of these.
    /// `maximumBodyBytes` is the limit of this route's body, `nil` the server's.
    package mutating func on(
        _ method: Method, _ pattern: String, maximumBodyBytes: Int? = nil,
        immediate: @escaping @Sendable (Request) -> Response
    ) {
        add(method, pattern, .immediate(immediate), maximumBodyBytes)
    }

    /// Registers a handler that waits; it runs in a task that the server cancels when the client goes away.
    /// `maximumBodyBytes` is the limit of this route's body, `nil` the server's.
    package mutating func on(
        _ method: Method, _ pattern: String, maximumBodyBytes: Int? = nil,
        _ handler: @escaping @Sendable (Request) async -> Response
    ) {
        add(method, pattern, .async(handler), maximumBodyBytes)
    }

    /// The handler of a method and path. `GET` routes answer `HEAD` too, and `OPTIONS` is answered for every path.
    /// `path` is as on the wire, with its escapes; each segment is decoded on its own.
    package func match(_ method: Method, path: String) -> Match {
        switch route(method, path: path) {
        case .found(let route, let parameters): .found(route.handler, parameters: parameters)
        case .methodNotAllowed(let allowed): .methodNotAllowed(allowed)
        case .notFound: .notFound
        }
    }

    func route(_ method: Method, path: String) -> RouteMatch {
        if method == .options, path == "*" {
            return .found(Self.options(allowing: Method.allCases), parameters: [:])
        }
        guard let segments = Self.decodedSegments(of: path) else { return .notFound }
        var values: [String] = []
        guard let node = Self.find(segments[...], in: root, &values) else { return .notFound }
        if let route = node.routes[method] ?? (method == .head ? node.routes[.get] : nil) {
            let parameters = Dictionary(
                zip(route.parameterNames, values), uniquingKeysWith: { first, _ in first })
            return .found(route, parameters: parameters)
        }
        let allowed = Self.allowed(by: node)
        return method == .options
            ? .found(Self.options(allowing: allowed), parameters: [:]) : .methodNotAllowed(allowed)
    }
}

extension Router {
    private mutating func add(_ method: Method, _ pattern: String, _ handler: Handler, _ limit: Int?) {
        precondition(pattern.hasPrefix("/"), "a route's pattern starts with a slash: \(pattern)")
        let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(
            String.init)
        let names = segments.compactMap(Self.parameterName)
        precondition(Set(names).count == names.count, "a parameter is named twice in \(pattern)")
        let route = Route(
            handler: handler, pattern: pattern, parameterNames: names, maximumBodyBytes: limit)
        Self.insert(route, method, segments[...], into: &root, pattern)
    }

    private static func insert(
        _ route: Route, _ method: Method, _ segments: ArraySlice<String>, into node: inout Node,
        _ pattern: String
    ) {
        guard let segment = segments.first else {
            precondition(node.routes[method] == nil, "two handlers for \(method.rawValue) \(pattern)")
            node.routes[method] = route
            return
        }
        if parameterName(segment) != nil {
            if node.parameter.isEmpty { node.parameter.append(Node()) }
            insert(route, method, segments.dropFirst(), into: &node.parameter[0], pattern)
        } else {
            insert(
                route, method, segments.dropFirst(), into: &node.literals[segment, default: Node()], pattern)
        }
    }

    private static func parameterName(_ segment: String) -> String? {
        segment.hasPrefix("{") && segment.hasSuffix("}") ? String(segment.dropFirst().dropLast()) : nil
    }

    private static func decodedSegments(of path: String) -> [String]? {
        guard path.utf8.first == 0x2F else { return nil }
        var segments: [String] = []
        for segment in path.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
            guard let decoded = percentDecode(segment) else { return nil }
            segments.append(decoded)
        }
        return segments
    }

    /// Literals first, then the parameter; a node without routes is no match.
    private static func find(
        _ segments: ArraySlice<String>, in node: Node, _ values: inout [String]
    ) -> Node? {
        guard let segment = segments.first else { return node.routes.isEmpty ? nil : node }
        if let next = node.literals[segment], let found = find(segments.dropFirst(), in: next, &values) {
            return found
        }
        guard let next = node.parameter.first, isParameterValue(segment) else { return nil }
        values.append(segment)
        if let found = find(segments.dropFirst(), in: next, &values) { return found }
        values.removeLast()
        return nil
    }

    /// Dot segments are no values: a handler may build a file's name from one.
    private static func isParameterValue(_ segment: String) -> Bool {
        !segment.isEmpty && segment != "." && segment != ".."
    }

    private static func allowed(by node: Node) -> [Method] {
        Method.allCases.filter { method in
            node.routes[method] != nil || method == .options || (method == .head && node.routes[.get] != nil)
        }
    }

    private static func options(allowing methods: [Method]) -> Route {
        let response = Response(status: 204, headers: ["Allow": allowValue(methods)])
        return Route(handler: .immediate { _ in response }, parameterNames: [], maximumBodyBytes: nil)
    }

    /// The value of an `Allow` header.
    static func allowValue(_ methods: [Method]) -> String {
        methods.map(\.rawValue).joined(separator: ", ")
    }
}
