package import ThumbwireKit

/// The body of Opus' `POST /api/generative-jobs`, checked.
///
/// Fields that this face does not know are let pass; what it knows must be right.
package struct OpusRequest: Hashable, Sendable {
    /// Where the callback was asked for, for errors.
    package enum CallbackPlace: Hashable, Sendable {
        case webhookURL, header
        /// Signed as Opus signs besides.
        case conclusionAction
    }

    /// How many pictures Opus makes typically.
    static let variants = 4

    package var request: ThumbnailRequest
    package var callback: CallbackRequest?
    package var callbackPlace = CallbackPlace.webhookURL

    /// Reads the body; `callbackHeader` is the value of `X-Thumbwire-Callback`, which members of the body override.
    package init(_ body: JSONValue, callbackHeader: String? = nil) throws(Problem) {
        var fields = try FieldReader(body: body)
        fields.jobType()
        request = fields.opusThumbnailRequest()
        let action = fields.conclusionAction()
        let url = fields.url("webhookUrl")
        if fields.has("webhookUrl"), action != nil {
            fields.refuse("conclusionActions", "excludes webhookUrl: a job has one callback")
        }
        if let action {
            (callback, callbackPlace) = (action, .conclusionAction)
        } else if let url {
            callback = CallbackRequest(url: url)
        } else if !fields.has("webhookUrl"), let callbackHeader {
            (callback, callbackPlace) = (CallbackRequest(url: callbackHeader), .header)
        }
        try fields.finish()
    }
}

extension FieldReader {
    /// Opus requires it; its own examples leave it out.
    fileprivate mutating func jobType() {
        guard let value = value("jobType"), value != "thumbnail" else { return }
        guard let text = value.string else {
            refuse("jobType", "is \(value.kindName), expected \"thumbnail\"")
            return
        }
        refuse("jobType", "is \"\(text.prefix(64))\"; allowed: thumbnail")
    }

    fileprivate mutating func opusThumbnailRequest() -> ThumbnailRequest {
        var request = ThumbnailRequest()
        request.variants = OpusRequest.variants
        request.videoURL = url("sourceUri")
        if !has("sourceUri") {
            refuse("sourceUri", "is required: the http or https URL of a video, page or picture")
        }
        request.prompt = text("prompt", atMost: RequestLimits.prompt, allowing: Self.promptControls)
        request.referenceImages = url("referenceImageUri").map { [.url($0)] } ?? []
        request.maskImage = url("maskImageUri").map { .url($0) }
        return request
    }

    /// The one element of `conclusionActions`, which Opus documents for its clip projects.
    fileprivate mutating func conclusionAction() -> CallbackRequest? {
        guard let value = value("conclusionActions") else { return nil }
        guard let actions = value.array else {
            refuse("conclusionActions", "is \(value.kindName), expected an array")
            return nil
        }
        guard actions.count <= 1 else {
            refuse("conclusionActions", "has \(actions.count) elements; the limit is 1")
            return nil
        }
        guard let first = actions.first else { return nil }
        let pointer = place("conclusionActions") + "/0"
        guard let object = first.object else {
            add([FieldError(pointer: pointer, detail: "is \(first.kindName), expected an object")])
            return nil
        }
        var inner = FieldReader(object, pointer: pointer)
        let callback = inner.webhookAction()
        add(inner.errors)
        return callback
    }

    private mutating func webhookAction() -> CallbackRequest? {
        let notifiesFailure = flag("notifyFailure") ?? false
        guard value("type") == "WEBHOOK" else {
            let shown = value("type").map { $0.string.map { "\"\($0.prefix(64))\"" } ?? $0.kindName }
            refuse("type", "is \(shown ?? "missing"); supported is WEBHOOK, which posts to url")
            return nil
        }
        guard let url = url("url") else {
            if !has("url") { refuse("url", "is required where type is WEBHOOK") }
            return nil
        }
        return CallbackRequest(url: url, events: notifiesFailure ? EventType.terminal : [.completed])
    }
}
