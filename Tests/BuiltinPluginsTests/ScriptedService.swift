import HTTP
import Synchronization
import TestSupport
import ThumbwireKit

/// A provider's API on loopback that answers exactly what a test scripts and keeps what it was asked.
final class ScriptedService: Sendable {
    private struct State {
        var requests: [Request] = []
        var answers: [String: [Response]] = [:]
    }

    private final class Script: Sendable {
        let state = Mutex(State())

        /// The next answer for the method and path; the last one stays.
        func answer(_ request: Request) -> Response {
            let key = "\(request.method.rawValue) \(request.path)"
            return state.withLock { state in
                state.requests.append(request)
                guard let next = state.answers[key]?.first else {
                    return Response(status: 599, body: .bytes(Array("nothing scripted for \(key)".utf8)))
                }
                if state.answers[key]?.count != 1 { state.answers[key]?.removeFirst() }
                return next
            }
        }
    }

    static let key = "sk_live_very-secret-1"

    let url: String
    let client: HTTPClient
    let clock = ManualClock()
    private let server: Server
    private let script: Script

    init() throws {
        let script = Script()
        var router = Router()
        let patterns: [(Method, String)] = [
            (.post, "/thumbnail/{endpoint}"), (.get, "/thumbnail/{id}"), (.get, "/jobs/{id}"),
            (.post, "/api/{collection}"), (.get, "/api/{collection}/{id}"), (.post, "/upload/{name}"),
            (.put, "/session/{name}"), (.get, "/files/{name}"),
        ]
        for (method, pattern) in patterns {
            // On the server's own thread: other tests may keep Swift's pool busy for longer than a request may take.
            router.on(method, pattern, immediate: { script.answer($0) })
        }
        server = Server(configuration: Server.Configuration(), router: router) { error, _ in
            Response(status: 599, body: .bytes(Array("\(error)".utf8)))
        }
        self.script = script
        client = try HTTPClient()
        url = "http://127.0.0.1:\(try server.start())"
    }

    /// Runs a test with a service of its own.
    static func run<Value: Sendable>(
        _ test: (ScriptedService) async throws -> Value
    ) async throws -> Value {
        let service = try ScriptedService()
        do {
            let value = try await test(service)
            await service.stop()
            return value
        } catch {
            await service.stop()
            throw error
        }
    }

    private func stop() async {
        await server.stop(grace: .zero)
        await client.shutdown()
    }

    /// Ends every connection without an answer; nothing listens afterwards.
    func disappear() async { await server.stop(grace: .zero) }

    /// Answers one after the other to `POST /path`, and the last one from then on.
    func on(_ methodAndPath: String, _ answers: Response...) {
        script.state.withLock { $0.answers[methodAndPath] = answers }
    }

    /// What came for `POST /path`, in order.
    func requests(_ methodAndPath: String) -> [Request] {
        script.state.withLock { state in
            state.requests.filter { "\($0.method.rawValue) \($0.path)" == methodAndPath }
        }
    }

    /// Returns once something came for `POST /path`.
    func wait(for methodAndPath: String) async {
        while requests(methodAndPath).isEmpty { try? await Task.sleep(for: .milliseconds(2)) }
    }

    var allRequests: [Request] { script.state.withLock { $0.requests } }

    func context(
        pictures: [ImageRole: [GenerationResult.Picture]] = [:], video: VideoContext? = nil
    ) -> TestProviderContext {
        TestProviderContext(
            pictures: pictures, video: video, client: client, clock: clock, allowed: .seconds(600))
    }
}

extension Response {
    /// JSON as it stands in the test.
    static func json(_ status: Int, _ text: String, _ headers: Headers = [:]) -> Response {
        var headers = headers
        headers["Content-Type"] = "application/json"
        return Response(status: status, headers: headers, body: .bytes(Array(text.utf8)))
    }

    static func html(_ status: Int, _ text: String = "<html>oops</html>") -> Response {
        Response(status: status, headers: ["Content-Type": "text/html"], body: .bytes(Array(text.utf8)))
    }

    static func picture(_ text: String) -> Response {
        Response(status: 200, headers: ["Content-Type": "image/png"], body: .bytes(Array(text.utf8)))
    }

    /// Begins an answer and never goes on; it ends without its end when the service disappears.
    static func interrupted() -> Response {
        Response(status: 201, body: .stream(AsyncStream { _ in }))
    }
}

extension Request {
    var json: JSONValue? { try? JSONValue(parsing: body) }
}

/// An answer that is no success, and what it must be understood as.
struct Refusal: Sendable, CustomStringConvertible {
    var answer: Response
    var failureClass: FailureClass
    var code: String
    var retryAfter: Duration?

    init(
        _ status: Int, _ body: String, _ headers: Headers = [:], is failureClass: FailureClass,
        _ code: String,
        after retryAfter: Duration? = nil
    ) {
        answer = .json(status, body, headers)
        self.failureClass = failureClass
        self.code = code
        self.retryAfter = retryAfter
    }

    var description: String {
        guard case .bytes(let bytes) = answer.body else { return "\(answer.status)" }
        return "\(answer.status) \(String(decoding: bytes.prefix(120), as: UTF8.self))"
    }
}

/// The failure that a call throws; `nil` when it throws none.
func failure(of call: () async throws(Failure) -> GenerationAnswer) async -> Failure? {
    do throws(Failure) {
        _ = try await call()
        return nil
    } catch {
        return error
    }
}

extension GenerationAnswer {
    var ticket: String? {
        if case .pending(let ticket, _) = self { ticket } else { nil }
    }
    var pollAfter: Duration? {
        if case .pending(_, let pollAfter) = self { pollAfter } else { nil }
    }
    var verdict: Failure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
    var result: GenerationResult? {
        if case .finished(let result) = self { result } else { nil }
    }
}

extension GenerationRequest {
    static func make(
        _ thumbnail: ThumbnailRequest = ThumbnailRequest(title: "Ten rules", prompt: "a desk"),
        purpose: Purpose = .background(.textLeft)
    ) -> GenerationRequest {
        GenerationRequest(
            thumbnail: thumbnail, size: thumbnail.resolution, purpose: purpose, idempotencyKey: "key")
    }
}

extension VideoContext {
    static func make(_ kind: VideoSource.Kind, title: String? = nil, author: String? = nil) -> VideoContext {
        let url =
            switch kind {
            case .youTube: "https://youtu.be/abcdefghijk"
            case .page: "https://example.com/a"
            case .image: "https://example.com/a.jpg"
            case .media: "https://example.com/a.mp4"
            }
        return VideoContext(source: VideoSource(url: url), title: title, author: author)
    }
}
