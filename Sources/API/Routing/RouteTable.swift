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
        _ method: Method, _ pattern: String, _ operation: Operation, maximumBodyBytes: Int? = nil,
        _ answer: @escaping @Sendable (Call) async throws -> Response
    ) {
        let allowed = operation.parameters.filter { $0.place == .query }.map(\.name)
        add(method, pattern, .key, operation, maximumBodyBytes) { [context, keys] request in
            do {
                let key = try await keys.authenticate(request)
                try refuseUnsupported(request, allowed: allowed)
                let call = Call(request: request, key: key, context: context, keys: keys)
                try call.requireScope()
                return try await answer(call)
            } catch {
                return .problem(Problem(error, of: request, log: context.log))
            }
        }
    }

    /// A route of the Soke face; each answer says where the key stands.
    mutating func soke(
        _ method: Method, _ pattern: String, _ operation: Operation,
        _ answer: @escaping @Sendable (Call) async throws -> Response
    ) {
        add(method, pattern, .key, operation) { [context, keys] request in
            await standing(request, context, keys, headers: sokeHeaders, answer) { .sokeProblem($0, request) }
        }
    }

    /// A route of the Opus face; each answer says what the key's jobs may still cost.
    mutating func opus(
        _ method: Method, _ pattern: String, _ operation: Operation,
        _ answer: @escaping @Sendable (Call) async throws -> Response
    ) {
        add(method, pattern, .key, operation) { [context, keys] request in
            await standing(request, context, keys, headers: opusHeaders, answer) {
                .opusProblem($0, upgradeURL: context.publicURL)
            }
        }
    }

    /// A route of the Opus face for whoever knows its link.
    mutating func opusOpen(
        _ method: Method, _ pattern: String, _ operation: Operation, maximumBodyBytes: Int? = nil,
        _ answer: @escaping @Sendable (Request) async throws -> Response
    ) {
        add(method, pattern, .open, operation, maximumBodyBytes) { [context] request in
            do {
                return try await answer(request)
            } catch {
                return .opusProblem(Problem(error, of: request, log: context.log))
            }
        }
    }

    /// A route of the OpenAI face; `maximumBodyBytes` is its longest body.
    mutating func openAI(
        _ method: Method, _ pattern: String, _ operation: Operation, maximumBodyBytes: Int? = nil,
        _ answer: @escaping @Sendable (Call) async throws -> Response
    ) {
        add(method, pattern, .key, operation, maximumBodyBytes) { [context, keys] request in
            let start = context.clock.now()
            var response: Response
            var rate: RateStanding?
            do {
                let key = try await keys.authenticate(request)
                rate = keys.rate(of: key)
                let call = Call(request: request, key: key, context: context, keys: keys)
                try call.requireScope()
                response = try await answer(call)
            } catch let refusal as OpenAIRefusal {
                response = .openAIProblem(refusal.problem, refusal.row)
            } catch {
                if let exceeded = error as? RateExceeded { rate = exceeded.standing }
                response = .openAIProblem(Problem(error, of: request, log: context.log))
            }
            if let rate { response.addOpenAIRate(rate, now: context.clock.now()) }
            let took = (context.clock.now() - start).wholeMicroseconds / 1_000
            response.headers["openai-processing-ms"] = "\(max(0, took))"
            return response
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
        _ maximumBodyBytes: Int? = nil, _ handler: @escaping @Sendable (Request) async -> Response
    ) {
        routes.append(
            Route(
                method: method, pattern: pattern, access: access, operation: operation,
                maximumBodyBytes: maximumBodyBytes, handler: .async(handler)))
    }
}

/// The answer or the refusal, with what the face says on both of the key, where it is known.
private func standing(
    _ request: Request, _ context: APIContext, _ keys: KeyRing,
    headers: (Call?, Timestamp) async -> Headers, _ answer: (Call) async throws -> Response,
    refusal: (Problem) -> Response
) async -> Response {
    var known: APIKey?
    var response: Response
    do {
        let key = try await keys.authenticate(request)
        known = key
        let call = Call(request: request, key: key, context: context, keys: keys)
        try call.requireScope()
        response = try await answer(call)
    } catch {
        known = known ?? (error as? RateExceeded)?.key
        response = refusal(Problem(error, of: request, log: context.log))
    }
    let call = known.map { Call(request: request, key: $0, context: context, keys: keys) }
    response.headers.add(await headers(call, context.clock.now()))
    return response
}

/// Refuses what a client could believe to have an effect.
private func refuseUnsupported(_ request: Request, allowed: [String]) throws(Problem) {
    for item in request.query where !allowed.contains(item.name) {
        let shown = String(item.name.prefix(64))
        let hint = allowed.isEmpty ? "this route takes none" : suggestion(for: shown, among: allowed)
        throw Problem(.queryInvalid, "\"\(shown)\" is not a query parameter; \(hint)")
    }
}
