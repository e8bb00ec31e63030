package import ThumbwireKit

/// The body of `POST /v1/jobs`, checked.
package struct NativeJobRequest: Hashable, Sendable {
    package var request: ThumbnailRequest
    /// `nil` starts a session of its own.
    package var session: String?
    /// `nil` leaves the chain to the face.
    package var chain: String?
    package var metadata: JSONObject
    package var callback: CallbackRequest?
    package var priority: Int
    /// `nil` is the service's default.
    package var deadline: Duration?

    /// Reads the body; throws everything that is wrong with it at once.
    package init(_ body: JSONValue) throws(Problem) {
        var fields = try FieldReader(body: body)
        request = fields.thumbnailRequest()
        fields.refuseTemplate()
        session = fields.text("sessionId", atMost: RequestLimits.name)
        chain = fields.text("chain", atMost: RequestLimits.name)
        metadata = fields.metadata()
        callback = fields.callback()
        priority = fields.integer("priority", in: RequestLimits.priority) ?? 0
        deadline = fields.integer("deadlineSeconds", in: RequestLimits.deadlineSeconds).map { .seconds($0) }
        fields.refuseUnknown()
        let subjects = ["title", "prompt", "videoUrl", "sourceImageUrl"]
        if !subjects.contains(where: fields.has) {
            fields.add([
                FieldError(
                    pointer: "", detail: "one of \(subjects.joined(separator: ", ")) is needed")
            ])
        }
        try fields.finish()
    }
}

extension FieldReader {
    /// Line feeds and tabs are how people and models write prompts of several paragraphs.
    static let promptControls: Set<Unicode.Scalar> = ["\n", "\r", "\t"]
    /// A line feed breaks the title's line.
    static let titleControls: Set<Unicode.Scalar> = ["\n"]

    fileprivate mutating func thumbnailRequest() -> ThumbnailRequest {
        var request = ThumbnailRequest()
        request.title = text("title", atMost: RequestLimits.title, allowing: Self.titleControls)
        request.prompt = text("prompt", atMost: RequestLimits.prompt, allowing: Self.promptControls)
        request.videoURL = url("videoUrl")
        request.sourceImage = url("sourceImageUrl").map { .url($0) }
        request.referenceImages = url("referenceImageUrl").map { [.url($0)] } ?? []
        request.maskImage = url("maskImageUrl").map { .url($0) }
        request.colorGrading = choice("colorGrading", of: ColorGrading.allCases)
        request.layoutType = choice("layoutType", of: LayoutType.allCases)
        request.resolution = resolution() ?? request.resolution
        request.platform = platform() ?? request.platform
        request.variants = integer("variants", in: RequestLimits.variants) ?? request.variants
        request.accent = accent()
        return request
    }

    private mutating func resolution() -> PixelSize? {
        guard let text = string("resolution", atMost: RequestLimits.name) else { return nil }
        let sides = RequestLimits.side
        guard text.allSatisfy(\.isASCII), let size = PixelSize(text), sides.contains(size.width),
            sides.contains(size.height)
        else {
            refuse(
                "resolution",
                "is \"\(text)\"; allowed are 1280x720, 1080x1920 and any WIDTHxHEIGHT with both sides from "
                    + "\(sides.lowerBound) to \(sides.upperBound)")
            return nil
        }
        return size
    }

    /// The platform where it is a supported one.
    mutating func platform() -> String? {
        guard let text = string("platform", atMost: RequestLimits.name) else { return nil }
        guard RequestLimits.platforms.contains(text) else {
            let allowed = RequestLimits.platforms.joined(separator: ", ")
            refuse("platform", "is \"\(text)\"; allowed: \(allowed)", code: .platformNotSupported)
            return nil
        }
        return text
    }

    /// There are no templates to find: any id is unknown.
    mutating func refuseTemplate() {
        guard let id = string("templateId", atMost: RequestLimits.name) else { return }
        refuse("templateId", "is \"\(id)\"; no template has this id", code: .templateNotFound)
    }

    /// The member `metadata`; empty without one.
    mutating func metadata() -> JSONObject {
        guard let object = object("metadata") else { return [:] }
        let length = JSONValue.object(object).serialized().count
        guard length <= RequestLimits.metadata else {
            refuse("metadata", "has \(length) bytes as JSON; the limit is \(RequestLimits.metadata)")
            return [:]
        }
        return object
    }

    fileprivate mutating func accent() -> ThumbnailRequest.Accent {
        guard let object = object("accent") else { return ThumbnailRequest.Accent() }
        var inner = FieldReader(object, pointer: place("accent"))
        let accent = ThumbnailRequest.Accent(color: inner.color("color"), words: inner.words("words"))
        inner.refuseUnknown()
        add(inner.errors)
        return accent
    }

    private mutating func color(_ name: String) -> Color? {
        guard let text = string(name, atMost: RequestLimits.name) else { return nil }
        guard text.utf8.count == 7, let color = Color(hex: text) else {
            refuse(name, "is \"\(text)\", expected a colour of the form #RRGGBB")
            return nil
        }
        return color
    }

    private mutating func words(_ name: String) -> [String]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.array else {
            refuse(name, "is \(value.kindName), expected an array of strings")
            return nil
        }
        guard elements.count <= RequestLimits.accentWords else {
            refuse(name, "has \(elements.count) elements; the limit is \(RequestLimits.accentWords)")
            return nil
        }
        var inner = FieldReader(
            JSONObject(elements.enumerated().map { ("\($0.offset)", $0.element) }), pointer: place(name))
        var words: [String] = []
        for index in elements.indices {
            if elements[index] == .null { inner.refuse("\(index)", "is null, expected a string") }
            if let word = inner.text("\(index)", atMost: RequestLimits.title) { words.append(word) }
        }
        add(inner.errors)
        return words
    }
}
