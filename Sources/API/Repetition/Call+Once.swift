import Documents
import HTTP
import Persistence
import Signing
import ThumbwireKit

/// What a request came to, whether now or when it came before.
struct Outcome<Resource: Sendable>: Sendable {
    var resource: Resource
    /// True where an earlier request with the same `Idempotency-Key` did it.
    var isRepeated = false
}

extension Call {
    static let idempotencyHeader = "Idempotency-Key"
    private static let maximumKeyLength = 255

    /// Does what a request asks for; only finds it again where the same request came before with the same
    /// `Idempotency-Key`. Whoever may not ask is to be refused before.
    ///
    /// `make` hands the key on to the store, which decides in the transaction that makes the resource. `find` gives
    /// what an earlier request made, `nil` where it is not there any more.
    func once<Resource: Sendable>(
        body: RequestMeaning.Body? = nil, make: (IdempotencyKey?) async throws -> Resource,
        find: (KeptResource) async throws -> Resource?
    ) async throws -> Outcome<Resource> {
        guard let key = try idempotencyKey(body) else { return Outcome(resource: try await make(nil)) }
        do {
            // A repetition finds what is there, and is not refused for what has changed meanwhile.
            return try await context.idempotencyTurns.take(key.scope) {
                if let kept = try await context.store.resource(of: key) {
                    return try await repeated(kept, find)
                }
                do {
                    return Outcome(resource: try await make(key))
                } catch StoreError.repeated(let kept) {
                    return try await repeated(kept, find)
                }
            }
        } catch StoreError.keyReused {
            throw Problem(
                .idempotencyKeyReused,
                "another request came with this \(Self.idempotencyHeader); use a new one for each request")
        }
    }

    /// As ``once(body:make:find:)``, where a job is made.
    func once(
        body: RequestMeaning.Body? = nil, makeJob: (IdempotencyKey?) async throws -> Job
    ) async throws -> Outcome<Job> {
        try await once(body: body, make: makeJob) { kept in
            try await context.store.job(JobID(rawValue: kept.id), of: account)
        }
    }

    private func repeated<Resource>(
        _ kept: KeptResource, _ find: (KeptResource) async throws -> Resource?
    ) async throws -> Outcome<Resource> {
        guard let resource = try await find(kept) else {
            throw Problem(
                .idempotentResourceGone,
                "this request came before with the same \(Self.idempotencyHeader), and what it made is deleted; "
                    + "use a new key to make another")
        }
        return Outcome(resource: resource, isRepeated: true)
    }

    /// The key that the request came with, for its account, method and path.
    private func idempotencyKey(_ body: RequestMeaning.Body?) throws(Problem) -> IdempotencyKey? {
        let values = request.headers.values(of: Self.idempotencyHeader)
        guard let value = values.first else { return nil }
        guard values.count == 1, (1...Self.maximumKeyLength).contains(value.count),
            value.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            throw Problem(
                .idempotencyKeyInvalid,
                "\(Self.idempotencyHeader) must be one value of 1 to \(Self.maximumKeyLength) characters without "
                    + "control characters")
        }
        let parts = [account.rawValue, request.method.rawValue, request.path, value]
        return IdempotencyKey(
            scope: Hash.sha256(parts.flatMap { Hash.sha256($0.utf8) }),
            request: RequestMeaning(of: request, account: account, body: body).digest,
            at: context.clock.now())
    }
}

extension Response {
    /// Says so where the answer is that of an earlier request.
    func marked<Resource>(_ outcome: Outcome<Resource>) -> Response {
        guard outcome.isRepeated else { return self }
        var response = self
        response.headers["Idempotency-Replayed"] = "true"
        return response
    }
}

extension Operation.Parameter {
    static let idempotencyKey = Operation.Parameter(
        name: Call.idempotencyHeader, place: .header,
        summary:
            "the same request with the same key within 24 hours does nothing anew and gets what it made before, with "
            + "`Idempotency-Replayed: true`; another request with the key is refused")
}
