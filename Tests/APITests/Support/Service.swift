import API
import Documents
import Engine
import HTTP
import Imaging
import Persistence
import SQLiteStore
import Signing
import Synchronization
import TestSupport
import Testing
import ThumbwireKit
import Webhooks

/// The routes on a real store, with an engine that the test drives.
struct Service: Sendable {
    static let key = "test-key-0123456789"
    static let adminKey = "admin-key-0123456789"
    static let otherKey = "other-key-0123456789"

    var context: APIContext
    var engine: RecordingEngine
    var router: Router
    var clock: ManualClock
    var account: Account
    var other: Account

    var store: any Store { context.store }

    /// Asks a route as the server would.
    func send(
        _ method: Method, _ path: String, query: [(String, String)] = [], headers: Headers = [:],
        key: String? = Service.key, body: String? = nil, bytes: [UInt8]? = nil
    ) async throws -> Response {
        var headers = headers
        if let key, headers["Authorization"] == nil { headers["Authorization"] = "Bearer \(key)" }
        if body != nil, headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        var request = Request(
            id: "00112233445566778899aabbccddeeff", method: method, path: path,
            query: query.map { (name: $0.0, value: $0.1) }, headers: headers,
            body: bytes ?? Array((body ?? "").utf8))
        switch router.match(method, path: path) {
        case .found(let handler, let parameters):
            request.parameters = parameters
            switch handler {
            case .immediate(let answer): return answer(request)
            case .async(let answer): return await answer(request)
            }
        case .methodNotAllowed(let methods): return errorResponse(.methodNotAllowed(methods), request)
        case .notFound: return errorResponse(.notFound, request)
        }
    }

    /// Makes a job and returns its id.
    func makeJob(_ body: String = #"{"title":"A"}"#) async throws -> String {
        let response = try await send(.post, "/v1/jobs", body: body)
        return try #require(try response.json()["id"]?.string)
    }
}

extension Response {
    func text() throws -> String {
        guard case .bytes(let bytes) = body else {
            throw Failure(.internal, code: "body", message: "no bytes")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func json() throws -> JSONValue { try JSONValue(parsing: try text()) }
}

/// Runs a test on a service of its own.
func withService(_ test: (Service) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let clock = ManualClock()
    let store = try SQLiteStore.open(folder: folder.path, clock: clock)
    let client = try HTTPClient()
    let publicURL = "https://thumbs.example"
    let encoder = EventEncoder(document: JobDocument(publicURL: publicURL))
    let engine = RecordingEngine(store: store, encoder: encoder, clock: clock)
    let sealer = Sealer(key: [UInt8](repeating: 7, count: Sealer.keyLength))
    let renderPool = RenderPool(threads: 1) { ThreadRasterizer() }
    defer { renderPool.close() }
    var context = APIContext(
        store: store, engine: engine, artifacts: MemoryArtifacts(), renderPool: renderPool,
        sealer: sealer,
        serviceKeys: try ServiceKeys.open(
            path: "\(folder.path)/webhook.keys", sealer: sealer, now: clock.now()),
        encoder: encoder, client: client, policy: .public, clock: clock, publicURL: publicURL,
        log: .silent)
    context.readiness.patience = .seconds(600)
    let service = Service(
        context: context, engine: engine, router: makeRouter(context), clock: clock, account: .make(),
        other: .make())
    do {
        try await service.addKeys(sealer)
        try await test(service)
    } catch {
        await client.shutdown()
        await store.close()
        throw error
    }
    await client.shutdown()
    await store.close()
}

extension Service {
    fileprivate func addKeys(_ sealer: Sealer) async throws {
        for owner in [account, other] {
            let secret = try SigningSecret(bytes: [UInt8](repeating: 1, count: 32))
            try await store.insert(owner, callbackSecret: WebhookSecrets(secret).sealed(with: sealer))
        }
        let keys: [(String, AccountID, Set<APIKey.Scope>)] = [
            (Self.key, account.id, [.app]), (Self.adminKey, account.id, [.app, .admin]),
            (Self.otherKey, other.id, [.app]),
        ]
        for (value, account, scopes) in keys {
            try await store.insert(
                .make(account: account, scopes: scopes), valueHash: Hash.sha256(Array(value.utf8)))
        }
    }
}

/// Artifacts in memory, of which there is one from the beginning.
final class MemoryArtifacts: ArtifactStorage {
    static let bytes = Array("picture".utf8)
    static let sha256 = hexadecimal(Hash.sha256(bytes))

    private let kept = Mutex([sha256: bytes])

    func write(_ bytes: [UInt8]) async throws(StoreError) -> StoredContent {
        let sha256 = hexadecimal(Hash.sha256(bytes))
        kept.withLock { $0[sha256] = bytes }
        return StoredContent(sha256: sha256, hold: ContentHold {})
    }

    func read(sha256: String) async throws(StoreError) -> [UInt8] {
        guard let bytes = kept.withLock({ $0[sha256] }) else { throw .missing("artifact \(sha256)") }
        return bytes
    }

    func path(sha256: String) -> String? { nil }

    func remove(_ contents: [String], named: ContentNames) async throws(StoreError) -> Int64 {
        let unnamed = Set(contents).subtracting(try await named(contents))
        return kept.withLock { kept in
            unnamed.reduce(into: 0) { free, content in
                free += Int64(kept.removeValue(forKey: content)?.count ?? 0)
            }
        }
    }

    func removeOrphans(storedBefore moment: Timestamp, named: ContentNames) async throws(StoreError) -> Int64
    {
        0
    }
}

extension Service {
    /// A key of the account with those limits; its value.
    func makeKey(
        scopes: Set<APIKey.Scope> = [.app], creditCap: Int? = nil, requestsPerMinute: Int? = nil
    ) async throws -> String {
        let value = hexadecimal(randomBytes(16))
        let key = APIKey.make(
            account: account.id, scopes: scopes, creditCap: creditCap, requestsPerMinute: requestsPerMinute)
        try await store.insert(key, valueHash: Hash.sha256(Array(value.utf8)))
        return value
    }

    /// Has the account pay with credits from now on, of which it gets that many.
    func meter(credits: Int) async throws {
        var metered = account
        metered.isMetered = true
        _ = try await store.update(metered)
        _ = try await store.grant(credits, to: account.id, note: nil, at: clock.now())
    }
}

extension ImageFormat {
    /// A grey picture of 8 by 4 pixels.
    func picture(grey: UInt8 = 128) throws -> [UInt8] {
        let pixels = PixelBuffer(size: PixelSize(width: 8, height: 4))
        for index in pixels.bytes.indices { pixels.bytes[index] = index % 4 == 3 ? 255 : grey }
        return try ImageEncoder.encode(pixels, as: EncodeOptions(format: self)).bytes
    }
}
