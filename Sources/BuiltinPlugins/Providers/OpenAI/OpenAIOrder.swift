import ThumbwireKit

/// One create as its model understands it: what is sent, and what of the client's wishes is not.
struct OpenAIOrder: Sendable {
    let model: OpenAIModel
    /// All but prompt, pictures and streaming, in the order of the reference.
    private(set) var members: JSONObject
    private(set) var warnings: [Warning] = []
    /// How many pictures are asked for.
    private(set) var count = 1
    /// Names of wishes that need no further word.
    private var settled: Set<String> = ["model"]

    /// Reads the client's `options.openai`; what it leaves open is the configuration's.
    init(
        _ request: GenerationRequest, model: OpenAIModel, configuration: OpenAIConfiguration, isEdit: Bool
    ) {
        self.model = model
        members = ["model": .string(model.name)]
        let wishes = OpenAIWishes(request.thumbnail)
        setCount(request.thumbnail.variants, wishes)
        setSize(request.size, wishes)
        setQuality(wishes, configuration.quality)
        setFormat(wishes, configuration)
        // The multipart form of an edit has no such field; the JSON form does.
        if !isEdit { setChoice(.moderation, ["auto", "low"], wishes, configuration.moderation) }
        setChoice(.style, ["vivid", "natural"], wishes)
        if isEdit { setChoice(.inputFidelity, ["high", "low"], wishes) }
        if let user = wishes.text("user"), knows(.user) { members["user"] = .string(user) }
        if knows(.responseFormat) { members["response_format"] = "b64_json" }
        for name in wishes.names where members[name] != wishes[name] && !settled.contains(name) {
            // A member that says `auto` is honoured by leaving it out.
            if wishes.text(name) == "auto", OpenAIModel.Parameter(rawValue: name).map(knows) == true {
                continue
            }
            drop(name, "is not sent: \(model.name) does not take it so")
        }
    }

    /// How many pictures a model makes at a time of so many that are wanted.
    static func count(_ variants: Int, of model: OpenAIModel?) -> Int {
        max(1, min(variants, model?.maximumPictures ?? variants))
    }

    private func knows(_ parameter: OpenAIModel.Parameter) -> Bool {
        model.parameters.contains(parameter)
    }

    private mutating func drop(_ name: String, _ reason: String) {
        settled.insert(name)
        warnings.append(Warning(code: "parameter_dropped", message: "\(name.prefix(40)) \(reason)"))
    }

    private mutating func setCount(_ variants: Int, _ wishes: OpenAIWishes) {
        count = Self.count(variants, of: model)
        if count > 1, knows(.n) { members["n"] = .integer(Int64(count)) }
        if count < variants {
            drop("n", "is \(count): \(model.name) makes no more pictures at a time")
        } else if wishes.integer("n") == count {
            settled.insert("n")
        } else if wishes["n"] != nil {
            drop("n", "is \(count), the job's number of variants")
        }
    }

    private mutating func setSize(_ wanted: PixelSize, _ wishes: OpenAIWishes) {
        guard knows(.size), wishes.text("size") != "auto" else { return }
        let exact = wishes.text("size").flatMap(PixelSize.init).flatMap { $0.isReasonable ? $0 : nil }
        let size = OpenAISize.size(covering: exact ?? wanted, sizes: model.sizes)
        members["size"] = .string(size.description)
        if let text = wishes.text("size"), text != size.description {
            drop("size", "is \(size): \(model.name) does not draw \(text.prefix(40))")
        }
    }

    private mutating func setQuality(_ wishes: OpenAIWishes, _ configured: String) {
        guard knows(.quality) else { return }
        let wanted = wishes.text("quality") ?? configured
        guard wanted != "auto" else { return }
        let quality = model.quality(nearestTo: wanted)
        if let quality { members["quality"] = .string(quality) }
        if wishes.text("quality") != nil, quality != wanted {
            let sent = quality ?? "left to \(model.name)"
            drop("quality", "is \(sent): \(model.name) has no \(wanted.prefix(40))")
        }
    }

    private mutating func setFormat(_ wishes: OpenAIWishes, _ configuration: OpenAIConfiguration) {
        let formats = ImageFormat.allCases.map(\.rawValue)
        setChoice(.outputFormat, formats, wishes, configuration.outputFormat)
        setChoice(.background, ["auto", "opaque", "transparent"], wishes, configuration.background)
        let isJPEG = members["output_format"] == "jpeg"
        if isJPEG, members["background"] == "transparent" {
            members["background"] = nil
            drop("background", "is not sent: a jpeg has no transparent pixels")
        }
        guard let compression = wishes.integer("output_compression"), knows(.outputCompression),
            (0...100).contains(compression), isJPEG || members["output_format"] == "webp"
        else { return }
        members["output_compression"] = .integer(Int64(compression))
        settled.insert("output_compression")
    }

    /// The client's choice where it is one, else the configured one; `auto` is what a model does untold.
    private mutating func setChoice(
        _ parameter: OpenAIModel.Parameter, _ allowed: [String], _ wishes: OpenAIWishes,
        _ configured: String = "auto"
    ) {
        guard knows(parameter) else { return }
        let wish = wishes.text(parameter.rawValue).flatMap { allowed.contains($0) ? $0 : nil }
        let value = wish ?? configured
        if value != "auto" { members[parameter.rawValue] = .string(value) }
    }
}

/// What a client of the OpenAI face asks of its own provider.
struct OpenAIWishes {
    private let options: JSONObject

    init(_ request: ThumbnailRequest) {
        options = request.options["openai"]?.object ?? [:]
    }

    /// The members that are given.
    var names: [String] { options.members.filter { $0.value != .null }.map(\.name) }

    subscript(name: String) -> JSONValue? { options[name] }

    func text(_ name: String) -> String? { options[name]?.string }

    func integer(_ name: String) -> Int? { options[name]?.integer.flatMap { Int(exactly: $0) } }
}

extension OpenAIModel {
    /// The level itself, DALL·E's names in today's words, or the highest that there is; `nil` for other words.
    fileprivate func quality(nearestTo wanted: String) -> String? {
        if qualities.contains(wanted) { return wanted }
        switch wanted {
        case "hd" where qualities.contains("high"): return "high"
        case "standard" where qualities.contains("medium"): return "medium"
        case "xhigh", "max": return qualities.last
        default: return nil
        }
    }
}

extension PixelSize {
    /// Within what requests may ask for.
    fileprivate var isReasonable: Bool {
        (64...OpenAISize.maximumSide).contains(width) && (64...OpenAISize.maximumSide).contains(height)
    }
}
