import BuiltinPlugins
import Foundation
import HTTP
import Imaging
import Synchronization
import Testing

@testable import ThumbwireKit
@testable import ThumbwireService

/// How the stand-in answers. Its answers need no thread of Swift's pool, which other tests keep busy for minutes.
struct OpenAIScript: Sendable {
    /// `nil` hangs until the client or the server ends.
    private(set) var answer: (@Sendable (Request) -> Response)?
    private(set) var models: (@Sendable (Request) -> Response)? = { _ in Response(status: 404) }

    static let hanging = OpenAIScript(answer: nil)

    static func always(_ response: Response) -> OpenAIScript { OpenAIScript { _ in response } }

    static func answer(_ answer: @escaping @Sendable (Request) -> Response) -> OpenAIScript {
        OpenAIScript(answer: answer)
    }

    /// The same with an answer to `GET /models/{model}`, which is 404 otherwise.
    func models(_ models: @escaping @Sendable (Request) -> Response) -> OpenAIScript {
        OpenAIScript(answer: answer, models: models)
    }

    var hangingModels: OpenAIScript { OpenAIScript(answer: answer, models: nil) }
}

/// Stands in for the Images API on loopback: keeps what it gets and answers as the test says.
final class OpenAIStandIn: Sendable {
    private final class Requests: Sendable {
        let all = Mutex<[Request]>([])
    }

    let port: Int
    private let server: Server
    private let kept: Requests

    init(_ script: OpenAIScript) throws {
        let kept = Requests()
        let create = script.answer.map { answer in
            { @Sendable (request: Request) in
                kept.all.withLock { $0.append(request) }
                return answer(request)
            }
        }
        var router = Router()
        for base in ["/v1", "/openai/deployments/{deployment}"] {
            let path = "\(base)/images/{operation}"
            if let create {
                router.on(.post, path, maximumBodyBytes: 64 << 20, immediate: create)
            } else {
                router.on(.post, path) { request in
                    kept.all.withLock { $0.append(request) }
                    return await hang()
                }
            }
        }
        if let models = script.models {
            router.on(.get, "/v1/models/{model}", immediate: models)
        } else {
            router.on(.get, "/v1/models/{model}") { _ in await hang() }
        }
        if let answer = script.answer { router.on(.get, "/files/{name}", immediate: answer) }
        server = Server(configuration: Server.Configuration(), router: router) { error, _ in
            Response(status: error.status)
        }
        port = try server.start()
        self.kept = kept
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// The creates that came, in order.
    var creates: [Request] { kept.all.withLock { $0 } }

    /// The members of the only create; fails the test for any other number.
    func onlyCreate() throws -> JSONValue {
        #expect(creates.count == 1)
        return try JSONValue(parsing: try #require(creates.first).body)
    }

    func stop() async {
        await server.stop(grace: .zero)
    }
}

/// What a call of the provider came to.
struct Bought {
    var result: Result<GenerationAnswer, Failure>
    var told: TestProviderContext.Seen

    /// The finished result; throws the failure.
    func pictures() throws -> GenerationResult {
        guard case .finished(let result) = try result.get() else {
            throw Failure(.internal, code: "pending", message: "the provider did not finish at once")
        }
        return result
    }

    func ticket() throws -> String {
        guard case .pending(let ticket, _) = try result.get() else {
            throw Failure(.internal, code: "finished", message: "the provider gave no ticket")
        }
        return ticket
    }

    /// The failure; throws where there is none.
    func failure() throws -> Failure {
        guard case .failure(let failure) = result else {
            throw Failure(.internal, code: "no_failure", message: "the provider did not fail")
        }
        return failure
    }

    func warnings(_ code: String) -> [String] {
        told.warnings.filter { $0.code == code }.map { $0.message }
    }
}

let testKey = "sk-test-0123456789abcdef"

/// Runs one stand-in and one client for a test.
struct OpenAITest {
    let service: OpenAIStandIn
    let client: HTTPClient

    static func run(_ script: OpenAIScript, _ body: (OpenAITest) async throws -> Void) async throws {
        let service = try OpenAIStandIn(script)
        let client = try HTTPClient()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(OpenAITest(service: service, client: client)))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        await service.stop()
        try result.get()
    }

    func provider(_ settings: JSONObject = [:]) throws -> OpenAIProvider {
        var configuration: JSONObject = [
            "apiKey": .string(testKey), "baseUrl": .string("\(service.url)/v1"), "timeoutSeconds": 1_800,
        ]
        for member in settings.members { configuration[member.name] = member.value }
        return try configured(OpenAIProvider.self, configuration)
    }

    func context(
        _ pictures: [ImageRole: [GenerationResult.Picture]] = [:], video: VideoContext? = nil,
        frame: GenerationResult.Picture? = nil, clock: (any WallClock)? = nil
    ) -> TestProviderContext {
        TestProviderContext(
            pictures: pictures, video: video, frame: frame, client: client, clock: clock ?? SystemClock(),
            allowed: .seconds(7_200))
    }

    /// One create with everything by default.
    func buy(
        _ request: GenerationRequest = .asking(), _ settings: JSONObject = [:],
        context: TestProviderContext? = nil
    ) async throws -> Bought {
        let provider = try provider(settings)
        let context = context ?? self.context()
        let result: Result<GenerationAnswer, Failure>
        do throws(Failure) {
            result = .success(try await provider.create(request, context: context))
        } catch {
            result = .failure(error)
        }
        return Bought(result: result, told: context.told)
    }
}

extension GenerationRequest {
    static func asking(
        title: String? = "Ten hacks", prompt: String? = "a developer's desk", size: PixelSize = .landscape,
        purpose: Purpose = .background(.textLeft), variants: Int = 1, options: JSONObject = [:],
        _ change: (inout ThumbnailRequest) -> Void = { _ in }
    ) -> GenerationRequest {
        var thumbnail = ThumbnailRequest(title: title, prompt: prompt, resolution: size)
        thumbnail.variants = variants
        if !options.isEmpty { thumbnail.options = ["openai": .object(options)] }
        change(&thumbnail)
        return GenerationRequest(thumbnail: thumbnail, size: size, purpose: purpose, idempotencyKey: "key")
    }
}

extension GenerationResult.Picture {
    /// A small picture of one colour.
    static func make(
        _ format: ImageFormat = .png, width: Int = 8, height: Int = 8, hasAlpha: Bool = false
    ) throws -> GenerationResult.Picture {
        let pixels = PixelBuffer(size: PixelSize(width: width, height: height), hasAlpha: hasAlpha)
        pixels.bytes.initializeMemory(as: UInt8.self, repeating: hasAlpha ? 0 : 0xFF)
        let encoded = try ImageEncoder.encode(pixels, as: EncodeOptions(format: format))
        return GenerationResult.Picture(bytes: encoded.bytes, mediaType: format.mediaType)
    }

    var base64: String { Data(bytes).base64EncodedString() }
}

extension Response {
    static func json(_ value: JSONValue, status: Int = 200, headers: Headers = [:]) -> Response {
        var headers = headers
        headers["Content-Type"] = "application/json"
        return Response(status: status, headers: headers, body: .bytes(value.serialized()))
    }

    /// An `ImagesResponse` with these pictures.
    static func images(_ pictures: [GenerationResult.Picture], _ more: JSONObject = [:]) -> Response {
        var object: JSONObject = [
            "created": 1_713_833_628, "data": .array(pictures.map { ["b64_json": .string($0.base64)] }),
        ]
        for member in more.members { object[member.name] = member.value }
        return .json(.object(object))
    }

    /// The error object of the API.
    static func error(
        _ status: Int, code: String?, type: String? = "invalid_request_error", param: String? = nil,
        message: String = "no", more: JSONObject = [:], headers: Headers = [:]
    ) -> Response {
        var error: JSONObject = [
            "message": .string(message), "type": type.json, "param": param.json, "code": code.json,
        ]
        for member in more.members { error[member.name] = member.value }
        return .json(["error": .object(error)], status: status, headers: headers)
    }
}

extension VideoContext {
    /// A video on YouTube.
    static func video(_ title: String?, by author: String? = nil, description: String? = nil) -> VideoContext
    {
        VideoContext(
            source: VideoSource(url: "https://youtu.be/abcdefghijk"), title: title, author: author,
            description: description)
    }
}

/// Waits until the server cancels the handler.
private func hang() async -> Response {
    let (stream, continuation) = AsyncStream<Never>.makeStream()
    for await _ in stream {}
    continuation.finish()
    return Response(status: 500)
}
