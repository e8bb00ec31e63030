package import ThumbwireKit

/// The body of Soke's `POST /api/v1/thumbnail/generate` or `generate-background`, checked.
///
/// Fields that this face does not know are let pass, as Soke does; what it knows must be right.
package struct SokeRequest: Hashable, Sendable {
    /// Which endpoint was asked.
    package enum Endpoint: Hashable, Sendable {
        case generate
        /// The picture alone, for clients that draw the title themselves.
        case generateBackground
    }

    package var request: ThumbnailRequest
    /// `nil` starts a session of its own.
    package var session: String?
    package var callback: CallbackRequest?
    /// True where the callback's URL came in the header.
    package var hasCallbackOfHeader = false

    /// Reads the body; `callbackHeader` is the value of `X-Thumbwire-Callback`, which `webhookUrl` overrides.
    package init(
        _ body: JSONValue, endpoint: Endpoint = .generate, callbackHeader: String? = nil
    ) throws(Problem) {
        var fields = try FieldReader(body: body)
        request = fields.sokeThumbnailRequest()
        fields.refuseTemplate()
        switch endpoint {
        case .generate: fields.readStyle(into: &request)
        // A title that is given is used: what overriding means beyond that, Soke does not say.
        case .generateBackground: _ = fields.flag("overrideTitle")
        }
        session = fields.text("sessionId", atMost: RequestLimits.name)
        let url = fields.url("webhookUrl") ?? (fields.has("webhookUrl") ? nil : callbackHeader)
        callback = url.map { CallbackRequest(url: $0) }
        hasCallbackOfHeader = callback != nil && !fields.has("webhookUrl")
        let subjects = ["videoUrl", "manualTitle", "manualPrompt"]
        if !subjects.contains(where: fields.has) {
            fields.add([
                FieldError(pointer: "", detail: "one of \(subjects.joined(separator: ", ")) is needed")
            ])
        }
        // Soke says of another platform that it is to come, whatever else the request has.
        if let platform = fields.errors.first(where: { $0.code == .platformNotSupported }) {
            throw Problem([platform])
        }
        try fields.finish()
    }
}

extension FieldReader {
    fileprivate mutating func sokeThumbnailRequest() -> ThumbnailRequest {
        var request = ThumbnailRequest()
        request.videoURL = url("videoUrl")
        request.title = text("manualTitle", atMost: RequestLimits.title, allowing: Self.titleControls)
        request.prompt = text("manualPrompt", atMost: RequestLimits.prompt, allowing: Self.promptControls)
        request.resolution = sokeResolution() ?? request.resolution
        request.platform = platform() ?? request.platform
        return request
    }

    /// Both are required unless a template brings them along.
    fileprivate mutating func readStyle(into request: inout ThumbnailRequest) {
        request.colorGrading = choice("colorGrading", of: ColorGrading.allCases)
        request.layoutType = choice("layoutType", of: LayoutType.allCases)
        guard !has("templateId") else { return }
        require("colorGrading", of: ColorGrading.allCases.map(\.rawValue))
        require("layoutType", of: LayoutType.allCases.map(\.rawValue))
    }

    private mutating func sokeResolution() -> PixelSize? {
        guard let text = string("resolution", atMost: RequestLimits.name) else { return nil }
        let presets = [PixelSize.landscape, .portrait]
        guard let size = presets.first(where: { $0.description == text }) else {
            refuse("resolution", "is \"\(text)\"; allowed: 1280x720, 1080x1920")
            return nil
        }
        return size
    }

    private mutating func require(_ name: String, of allowed: [String]) {
        guard !has(name) else { return }
        refuse(name, "is required without templateId; allowed: \(allowed.joined(separator: ", "))")
    }
}
