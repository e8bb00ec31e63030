/// Places may lie outside the canvas, but not so far that arithmetic suffers.
private let places = -100.0...100.0

extension UnitRect {
    init(node: DocumentNode) throws(CompositionError) {
        self.init(
            x: try node.required("x").number(in: places), y: try node.required("y").number(in: places),
            width: try node.required("width").number(in: 0...100),
            height: try node.required("height").number(in: 0...100))
    }

    var json: JSONValue {
        ["x": .number(x), "y": .number(y), "width": .number(width), "height": .number(height)]
    }
}

extension UnitPoint {
    init(node: DocumentNode) throws(CompositionError) {
        self.init(
            x: try node.required("x").number(in: places), y: try node.required("y").number(in: places))
    }

    var json: JSONValue { ["x": .number(x), "y": .number(y)] }
}

extension Color {
    /// `"#RRGGBB"`, or `{"color": "#RRGGBB", "alpha": 0.5}`.
    init(node: DocumentNode) throws(CompositionError) {
        let isOpaque = node.value.object == nil
        let text = isOpaque ? node : try node.required("color")
        guard let color = Color(hex: try text.string()) else {
            throw text.error("is not a colour of the form #RRGGBB")
        }
        self = color
        if !isOpaque, let opacity = node.optional("alpha") { alpha = try opacity.number(in: 0...1) }
    }

    var json: JSONValue {
        alpha == 1 ? .string(hex) : ["color": .string(hex), "alpha": .number(alpha)]
    }
}

extension Stroke {
    init(node: DocumentNode) throws(CompositionError) {
        self.init(
            color: try Color(node: node.required("color")),
            width: try node.required("width").number(in: 0...1))
    }

    var json: JSONValue { ["color": color.json, "width": .number(width)] }
}
