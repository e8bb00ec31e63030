import Documents
import HTTP
import ThumbwireKit

/// Gathers routes and gives each what all of its face have in common: keys, errors, bodies.
struct RouteTable {
    let context: APIContext
    let keys: KeyRing
    private(set) var routes: [Route] = []

    init(context: APIContext) {
        self.context = context
        keys = KeyRing(
            store: context.store, clock: context.clock, life: context.limits.keyLife, log: context.log)
    }

    /// A route of the native face.
    mutating func native(
        _ method: Method, _ pattern: String, _ operation: Operation,
        _ answer: @escaping @Sendable (Call) async throws -> Response
    ) {
        let allowed = operation.parameters.filter { $0.place == .query }.map(\.name)
        add(method, pattern, .key, operation) { [context, keys] request in
            do {
                let key = try await keys.authenticate(request)
                try refuseUnsupported(request, allowed: allowed)
                return try await answer(Call(request: request, key: key, context: context, keys: keys))
            } catch {
                return .problem(Problem(error, of: request, log: context.log))
            }
        }
    }

    /// A route of the Soke face.
    mutating func soke(
        _ method: Method, _ pattern: String, _ operation: Operation,
        _ answer: @escaping @Sendable (Call) async throws -> Response
    ) {
        add(method, pattern, .key, operation) { [context, keys] request in
            do {
                let key = try await keys.authenticate(request)
                return try await answer(Call(request: request, key: key, context: context, keys: keys))
            } catch {
                return .sokeProblem(Problem(error, of: request, log: context.log), request)
            }
        }
    }

    /// A route without key.
    mutating func open(
        _ method: Method, _ pattern: String, _ operation: Operation,
        _ answer: @escaping @Sendable (Request) async throws -> Response
    ) {
        add(method, pattern, .open, operation) { [context] request in
            do {
                return try await answer(request)
            } catch {
                return .problem(Problem(error, of: request, log: context.log))
            }
        }
    }

    /// A route without key that waits for nothing.
    mutating func immediate(
        _ method: Method, _ pattern: String, _ operation: Operation,
        _ answer: @escaping @Sendable (Request) -> Response
    ) {
        routes.append(
            Route(
                method: method, pattern: pattern, access: .open, operation: operation,
                handler: .immediate(answer)))
    }

    private mutating func add(
        _ method: Method, _ pattern: String, _ access: Route.Access, _ operation: Operation,
        _ handler: @escaping @Sendable (Request) async -> Response
    ) {
        routes.append(
            Route(
                method: method, pattern: pattern, access: access, operation: operation,
                handler: .async(handler)))
    }
}

/// Refuses what a client could believe to have an effect.
private func refuseUnsupported(_ request: Request, allowed: [String]) throws(Problem) {
    for item in request.query where !allowed.contains(item.name) {
        let shown = String(item.name.prefix(64))
        let hint = allowed.isEmpty ? "this route takes none" : suggestion(for: shown, among: allowed)
        throw Problem(.queryInvalid, "\"\(shown)\" is not a query parameter; \(hint)")
    }
    if request.method == .post, request.headers["Idempotency-Key"] != nil {
        throw Problem(
            .headerUnsupported, "Idempotency-Key is not supported by this version; leave the header out")
    }
}
