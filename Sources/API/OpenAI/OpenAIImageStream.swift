import Documents
import Engine
import Foundation
import HTTP
import Synchronization
import ThumbwireKit

/// A job's pictures as server-sent events: those on the way, then each finished one, or why there is none.
actor OpenAIImageStream {
    enum Signal: Sendable {
        case picture(GenerationResult.Picture)
        case end(Result<Job, any Error>)
        case heartbeat
    }

    private static let heartbeat = Array(": heartbeat\n\n".utf8)

    private let call: Call
    private let images: OpenAIImages
    private let watch: JobWatch
    private nonisolated let hasEnd = Mutex(false)
    private var partialCount = 0
    /// Finished pictures that are still to be sent.
    private var outputs: ArraySlice<Output>?
    private var finished: Job?
    private var isOver = false

    init(_ call: Call, _ images: OpenAIImages) {
        self.call = call
        self.images = images
        watch = JobWatch(call, images)
    }

    /// True once the stream holds all that the job came to: its pictures, or why there are none.
    nonisolated var tellsEnd: Bool { hasEnd.withLock { $0 } }

    /// The next chunk; `nil` at the end of the stream.
    func next() async -> [UInt8]? {
        do {
            while !isOver, !Task.isCancelled {
                if let chunk = try await nextFinished() { return chunk }
                guard finished == nil, let signal = await watch.next() else { return nil }
                switch signal {
                case .heartbeat: return Self.heartbeat
                case .picture(let picture): return partial(picture)
                case .end(let result):
                    let job = try result.get()
                    finished = job
                    outputs = OpenAIImages.outputs(of: job)[...]
                }
            }
            return nil
        } catch {
            isOver = true
            return self.error(error)
        }
    }

    private var operation: String {
        images.asked.operation == .generation ? "image_generation" : "image_edit"
    }

    private func partial(_ picture: GenerationResult.Picture) -> [UInt8] {
        defer { partialCount += 1 }
        return event(
            "\(operation).partial_image", .string(Data(picture.bytes).base64EncodedString()),
            images.job.createdAt, ["partial_image_index": .integer(Int64(partialCount))])
    }

    private func nextFinished() async throws -> [UInt8]? {
        guard let finished, let output = outputs?.popFirst() else { return nil }
        let picture = try await images.base64(output)
        if outputs?.isEmpty == true { hasEnd.withLock { $0 = true } }
        return event(
            "\(operation).completed", picture,
            finished.finishedAt ?? finished.createdAt, ["usage": OpenAIImages.usage(of: finished)])
    }

    private func event(
        _ type: String, _ picture: JSONValue, _ moment: Timestamp, _ more: JSONObject
    ) -> [UInt8] {
        var object: JSONObject = [
            "type": .string(type), "b64_json": picture, "created_at": .integer(moment.seconds),
        ]
        for member in images.settings.members + more.members { object[member.name] = member.value }
        return Self.encoded(type, .object(object))
    }

    private func error(_ error: any Error) -> [UInt8] {
        let refusal = error as? OpenAIRefusal
        if refusal != nil { hasEnd.withLock { $0 = true } }
        let problem = refusal?.problem ?? Problem(error, of: call.request, log: call.context.log)
        let body = problem.openAIJSON(refusal?.row ?? problem.code.row.openAI)
        return Self.encoded("error", ["type": "error", "error": body["error"] ?? .null])
    }

    /// Compact JSON has no line break, so that `data` is one line.
    private static func encoded(_ type: String, _ value: JSONValue) -> [UInt8] {
        Array("event: \(type)\ndata: ".utf8) + value.serialized() + [0x0A, 0x0A]
    }
}

/// Waits for all that a stream tells; ends with it.
private final class JobWatch: Sendable {
    private let signals: AsyncStream<OpenAIImageStream.Signal>
    private let tasks: [Task<Void, Never>]

    init(_ call: Call, _ images: OpenAIImages) {
        let (signals, continuation) = AsyncStream.makeStream(of: OpenAIImageStream.Signal.self)
        self.signals = signals
        let context = call.context
        let sights = context.engine.watch(images.job.id)
        let (id, family, limit) = (images.job.id, images.asked.model.family, images.asked.partialImages)
        tasks = [
            Task {
                let result: Result<Job, any Error>
                do {
                    result = .success(try await call.finished(id, family))
                } catch {
                    result = .failure(error)
                }
                continuation.yield(.end(result))
                continuation.finish()
            },
            Task {
                var left = limit
                for await sight in sights {
                    guard left > 0 else { return }
                    guard case .picture(let picture) = sight else { continue }
                    left -= 1
                    continuation.yield(.picture(picture))
                }
            },
            Task {
                let (clock, pause) = (context.clock, context.limits.heartbeat)
                while (try? await clock.sleep(until: clock.now() + pause)) != nil {
                    continuation.yield(.heartbeat)
                }
            },
        ]
    }

    deinit {
        for task in tasks { task.cancel() }
    }

    func next() async -> OpenAIImageStream.Signal? {
        for await signal in signals { return signal }
        return nil
    }
}

extension OpenAIImages {
    /// The answer as a stream, which neither caches nor proxies hold back.
    func stream(to call: Call, _ wait: EqualRequests.Wait?) -> Response {
        let reader = OpenAIImageStream(call, self)
        var response = Response(
            status: 200,
            headers: [
                "Content-Type": "text/event-stream", "Cache-Control": "no-store, no-transform",
                "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff",
                "openai-version": Response.openAIVersion,
            ],
            body: .stream(AsyncStream { await reader.next() }))
        guard let wait else { return response }
        let markAnswered = call.markAnswered(job.id, wait)
        // A stream that ends while the job goes on leaves the answer owed.
        response.onSent = { if reader.tellsEnd { markAnswered() } }
        return response
    }
}
