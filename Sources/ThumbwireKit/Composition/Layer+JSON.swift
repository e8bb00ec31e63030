extension Layer {
    init(node: DocumentNode) throws(CompositionError) {
        let document = try node.object()
        let id = try node.required("id")
        guard try !id.string().isEmpty else { throw id.error("is empty") }
        self.init(id: try id.string(), content: try Content(node: node))
        isVisible = try node.optional("visible")?.bool() ?? true
        isLocked = try node.optional("locked")?.bool() ?? false
        opacity = try node.optional("opacity")?.number(in: 0...1) ?? 1
        blend = try node.optional("blend")?.choice(BlendMode.self) ?? .normal
        unknownMembers = document.members(missingFrom: knownMembers)
    }

    var json: JSONValue {
        .object(knownMembers.completed(with: unknownMembers))
    }

    private var knownMembers: JSONObject {
        let common: JSONObject = [
            "id": .string(id), "type": .string(content.typeName), "visible": .bool(isVisible),
            "locked": .bool(isLocked), "opacity": .number(opacity), "blend": .string(blend.rawValue),
        ]
        return common.completed(with: content.members)
    }
}

extension Layer.Content {
    /// The members of every layer, which are not the content's own.
    private static let common: Set<String> = ["id", "type", "visible", "locked", "opacity", "blend"]

    init(node: DocumentNode) throws(CompositionError) {
        let type = try node.required("type").string()
        switch type {
        case "image": self = .image(try ImageLayer(node: node))
        case "gradient": self = .gradient(try GradientLayer(node: node))
        case "shape": self = .shape(try ShapeLayer(node: node))
        case "vignette":
            self = .vignette(VignetteLayer(strength: try node.required("strength").number(in: 0...1)))
        case "text": self = .text(try TextLayer(node: node))
        default:
            let own = try node.object().members.filter { !Self.common.contains($0.name) }
            self = .unknown(type: type, members: JSONObject(own.map { ($0.name, $0.value) }))
        }
    }

    var typeName: String {
        switch self {
        case .image: "image"
        case .gradient: "gradient"
        case .shape: "shape"
        case .vignette: "vignette"
        case .text: "text"
        case .unknown(let type, _): type
        }
    }

    var members: JSONObject {
        switch self {
        case .image(let layer): layer.members
        case .gradient(let layer): layer.members
        case .shape(let layer): layer.members
        case .vignette(let layer): ["strength": .number(layer.strength)]
        case .text(let layer): layer.members
        case .unknown(_, let members): members
        }
    }
}
