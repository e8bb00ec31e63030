extension GradientLayer {
    init(node: DocumentNode) throws(CompositionError) {
        let list = try node.required("stops")
        var stops: [Stop] = []
        for element in try list.elements(atMost: 32) {
            let place = try element.required("at")
            let position = try place.number(in: 0...1)
            guard position >= stops.last?.position ?? 0 else {
                throw place.error("is below the stop before it")
            }
            stops.append(Stop(position: position, color: try Color(node: element.required("color"))))
        }
        guard stops.count >= 2 else { throw list.error("has fewer than 2 stops") }
        self.init(
            rect: try optionalRect(node), shape: try Shape(node: node.required("shape")), stops: stops)
    }

    var members: JSONObject {
        [
            "rect": rect.json, "shape": shape.json,
            "stops": .array(stops.map { ["at": .number($0.position), "color": $0.color.json] }),
        ]
    }
}

extension GradientLayer.Shape {
    init(node: DocumentNode) throws(CompositionError) {
        let kind = try node.required("kind")
        switch try kind.string() {
        case "linear": self = .linear(angle: try node.required("angle").number(in: -360...360))
        case "radial":
            self = .radial(
                center: try UnitPoint(node: node.required("center")),
                radius: try node.required("radius").number(in: 0...10))
        case let other: throw kind.error("is \"\(other)\"; allowed are linear, radial")
        }
    }

    var json: JSONValue {
        switch self {
        case .linear(let angle): ["kind": "linear", "angle": .number(angle)]
        case .radial(let center, let radius):
            ["kind": "radial", "center": center.json, "radius": .number(radius)]
        }
    }
}

extension ShapeLayer {
    init(node: DocumentNode) throws(CompositionError) {
        self.init(
            rect: try UnitRect(node: node.required("rect")), figure: try Figure(node: node), fill: nil)
        if let color = node.optional("fill") { fill = try Color(node: color) }
        if let line = node.optional("stroke") { stroke = try Stroke(node: line) }
        rotation = try node.optional("rotation")?.number(in: -360...360) ?? 0
    }

    var members: JSONObject {
        var members: JSONObject = ["rect": rect.json]
        switch figure {
        case .rectangle(let cornerRadius):
            members["figure"] = "rectangle"
            members["cornerRadius"] = .number(cornerRadius)
        case .ellipse:
            members["figure"] = "ellipse"
        }
        members["fill"] = fill?.json
        members["stroke"] = stroke?.json
        members["rotation"] = .number(rotation)
        return members
    }
}

extension ShapeLayer.Figure {
    fileprivate init(node: DocumentNode) throws(CompositionError) {
        let figure = try node.required("figure")
        switch try figure.string() {
        case "rectangle":
            self = .rectangle(cornerRadius: try node.optional("cornerRadius")?.number(in: 0...1) ?? 0)
        case "ellipse": self = .ellipse
        case let other: throw figure.error("is \"\(other)\"; allowed are rectangle, ellipse")
        }
    }
}

private func optionalRect(_ node: DocumentNode) throws(CompositionError) -> UnitRect {
    guard let rect = node.optional("rect") else { return .full }
    return try UnitRect(node: rect)
}
