extension Composition {
    /// More layers than any editor shows, few enough to draw in a second.
    static let maximumLayers = 200
    /// The largest side of a canvas in pixels.
    static let maximumSide = 8_192

    /// Reads a document; schemas/composition.json describes it. Throws with the place of the first mistake.
    public init(json: JSONValue) throws(CompositionError) {
        let document = DocumentNode(json)
        let schema = try document.required("schema")
        guard try schema.string() == Self.schema else {
            throw schema.error("is not \"\(Self.schema)\"")
        }
        self.init(canvas: try Canvas(node: document.required("canvas")))
        for node in try document.required("layers").elements(atMost: Self.maximumLayers) {
            let layer = try Layer(node: node)
            guard self[layer: layer.id] == nil else {
                throw try node.required("id").error("\"\(layer.id)\" is the id of an earlier layer")
            }
            layers.append(layer)
        }
        for node in try document.optional("safeAreas")?.elements(atMost: 50) ?? [] {
            safeAreas.append(
                SafeArea(
                    id: try node.required("id").string(), rect: try UnitRect(node: node.required("rect"))))
        }
        provenance = try document.optional("provenance")?.object() ?? [:]
        unknownMembers = try document.object().members(missingFrom: knownMembers)
    }

    /// The document, unknown members included.
    public var json: JSONValue {
        .object(knownMembers.completed(with: unknownMembers))
    }

    private var knownMembers: JSONObject {
        [
            "schema": .string(Self.schema),
            "canvas": canvas.json,
            "layers": .array(layers.map { $0.json }),
            "safeAreas": .array(safeAreas.map { ["id": .string($0.id), "rect": $0.rect.json] }),
            "provenance": .object(provenance),
        ]
    }
}

extension Composition.Canvas {
    init(node: DocumentNode) throws(CompositionError) {
        let sides = 1...Composition.maximumSide
        self.init(
            size: PixelSize(
                width: try node.required("width").integer(in: sides),
                height: try node.required("height").integer(in: sides)))
        if let color = node.optional("background") { background = try Color(node: color) }
    }

    var json: JSONValue {
        [
            "width": .integer(Int64(size.width)), "height": .integer(Int64(size.height)),
            "background": background.json,
        ]
    }
}
