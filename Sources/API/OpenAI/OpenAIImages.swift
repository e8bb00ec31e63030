import Documents
import Foundation
import HTTP
import Persistence
import ThumbwireKit

/// The pictures of a job as OpenAI's clients read them.
struct OpenAIImages: Sendable {
    let asked: OpenAIImageRequest
    /// As it was accepted.
    let job: Job
    let context: APIContext

    /// The body of an answer; models of the DALL·E days answered no more than the pictures.
    func json(of finished: Job) async throws -> JSONValue {
        var data: [JSONValue] = []
        for output in Self.outputs(of: finished) {
            data.append(.object(try await image(output, finished)))
        }
        var object: JSONObject = ["created": .integer(finished.createdAt.seconds), "data": .array(data)]
        guard !asked.model.family.isDallE else { return .object(object) }
        for member in settings.members { object[member.name] = member.value }
        object["usage"] = Self.usage(of: finished)
        return .object(object)
    }

    /// The first file of each picture asked for.
    static func outputs(of job: Job) -> [Output] {
        var seen: Set<Int> = []
        return job.outputs.filter { seen.insert($0.variant).inserted }.sorted { $0.variant < $1.variant }
    }

    /// What gpt-image models tell of their pictures, in answers and in events. `auto` is what was chosen.
    var settings: JSONObject {
        [
            "background": "opaque", "output_format": .string(asked.format.rawValue),
            "size": .string(job.request.resolution.description),
            "quality": .string(asked.quality == "auto" ? "high" : asked.quality),
        ]
    }

    func base64(_ output: Output) async throws(StoreError) -> JSONValue {
        let bytes = try await context.artifacts.read(sha256: output.sha256)
        return .string(Data(bytes).base64EncodedString())
    }

    private func image(_ output: Output, _ finished: Job) async throws(StoreError) -> JSONObject {
        var object: JSONObject = [:]
        switch asked.delivery {
        case .url: object["url"] = .string(context.document.url(of: output))
        case .base64: object["b64_json"] = try await base64(output)
        }
        if asked.model.family == .dallE3 {
            let revised = Self.provenance(of: finished)["revisedPrompts"]?.array ?? []
            let own = revised.indices.contains(output.variant) ? revised[output.variant].string : nil
            object["revised_prompt"] = (own ?? asked.prompt).json
        }
        return object
    }

    /// What the provider counted, where it did; clients add the numbers up, so that they are there in any case.
    static func usage(of finished: Job) -> JSONValue {
        if let usage = provenance(of: finished)["usage"], usage.object != nil { return usage }
        return [
            "total_tokens": 0, "input_tokens": 0, "output_tokens": 0,
            "input_tokens_details": ["text_tokens": 0, "image_tokens": 0],
            "output_tokens_details": ["text_tokens": 0, "image_tokens": 0],
        ]
    }

    /// What a provider of OpenAI's models told of the pictures that were used.
    private static func provenance(of job: Job) -> JSONObject {
        let step = job.steps.last { $0.index == 0 && $0.status == .succeeded }
        return step?.provenance["openai"]?.object ?? [:]
    }
}
