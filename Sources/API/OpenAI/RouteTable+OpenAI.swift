import Documents
import HTTP
import ThumbwireKit

extension RouteTable {
    /// The face that OpenAI's clients know.
    mutating func addOpenAI() {
        let callback = Operation.Parameter(
            name: Call.callbackHeader, place: .header,
            summary: "a URL that gets the job's last event; `webhookUrl` in the body overrides it")
        let images = Operation.Answer.json(
            200, "the pictures; server-sent events where `stream` is true", "OpenAIImages")
        openAI(
            .post, "/v1/images/generations",
            Operation(
                "openAIGenerateImages", "Make pictures as OpenAI's API does", tag: "openai",
                parameters: [callback, .callbackFormat, .idempotencyKey], body: "OpenAIGeneration",
                answers: [images]),
            maximumBodyBytes: context.limits.imageRequestBytes, generate)
        openAI(
            .post, "/v1/images/edits",
            Operation(
                "openAIEditImages", "Edit pictures as OpenAI's API does", tag: "openai",
                parameters: [callback, .callbackFormat, .idempotencyKey], body: "OpenAIEdit",
                form: "OpenAIEditForm",
                answers: [images]),
            maximumBodyBytes: context.limits.editBytes, edit)
        openAI(
            .post, "/v1/images/variations",
            Operation(
                "openAIVaryImage", "Vary a picture as OpenAI's API did", tag: "openai",
                parameters: [callback, .callbackFormat, .idempotencyKey], form: "OpenAIVariationForm",
                answers: [images]),
            maximumBodyBytes: context.limits.editBytes, vary)
        openAI(
            .get, "/v1/models",
            Operation(
                "openAIListModels", "The model names that the OpenAI routes take", tag: "openai",
                answers: [.json(200, "the list", "OpenAIModelList")]),
            listModels)
        openAI(
            .get, "/v1/models/{model}",
            Operation(
                "openAIGetModel", "One model name", tag: "openai",
                answers: [.json(200, "the model", "OpenAIModel")]),
            getModel)
    }
}

@Sendable private func generate(_ call: Call) async throws -> Response {
    let body = try call.body(limit: call.context.limits.imageRequestBytes)
    let asked = try OpenAIImageRequest(
        .generation, OpenAIFields(body: body), sizes: call.context.openAISizes)
    return try await call.answer(asked, body: .json(body))
}

@Sendable private func edit(_ call: Call) async throws -> Response {
    guard call.isForm else {
        let body = try call.body(limit: call.context.limits.editBytes)
        // The JSON form came with the GPT models; OpenAI's own default for edits when it did.
        let asked = try OpenAIImageRequest(
            .edit, OpenAIFields(body: body), pictures: ["images", "mask"], fallbackModel: "gpt-image-1.5",
            sizes: call.context.openAISizes)
        let pictures = EditPictures(
            images: try OpenAIPicture.images(of: body), mask: try OpenAIPicture.mask(of: body), isForm: false)
        return try await call.answer(asked, pictures: pictures, body: .json(body))
    }
    let form = try EditForm(call)
    let asked = try OpenAIImageRequest(.edit, form.fields, sizes: call.context.openAISizes)
    return try await call.answer(
        asked, pictures: try form.pictures(for: asked.model), body: .form(form.parts))
}

@Sendable private func vary(_ call: Call) async throws -> Response {
    guard call.isForm else {
        throw Problem(.mediaTypeUnsupported, "Content-Type must be multipart/form-data")
    }
    let form = try EditForm(call)
    let asked = try OpenAIImageRequest(.variation, form.fields, sizes: call.context.openAISizes)
    return try await call.answer(
        asked, pictures: try form.pictures(for: asked.model), body: .form(form.parts))
}

@Sendable private func listModels(_ call: Call) async throws -> Response {
    .openAI(200, ["object": "list", "data": .array(OpenAIModel.all.map(\.json))])
}

@Sendable private func getModel(_ call: Call) async throws -> Response {
    let name = call.parameter("model")
    guard let model = OpenAIModel.named(name) else {
        throw OpenAIFields.refusal(
            "model", "The model '\(name.prefix(64))' does not exist", code: .modelNotFound)
    }
    return .openAI(200, model.json)
}

extension Call {
    fileprivate var isForm: Bool {
        (request.headers["Content-Type"] ?? "").lowercased().hasPrefix("multipart/form-data")
    }
}
