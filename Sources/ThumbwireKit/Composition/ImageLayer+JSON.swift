extension ImageLayer {
    init(node: DocumentNode) throws(CompositionError) {
        let artifact = try node.required("src").required("artifact").string()
        self.init(source: ImageReference(artifact: artifact), placement: try Placement(node: node))
        if let place = node.optional("focus") { focus = try UnitPoint(node: place) }
        if let grading = node.optional("grade") {
            grade = Grade(
                preset: try grading.required("preset").choice(ColorGrading.self),
                strength: try grading.optional("strength")?.number(in: 0...1) ?? 1)
        }
    }

    var members: JSONObject {
        var members: JSONObject = ["src": ["artifact": .string(source.artifact)]]
        switch placement {
        case .cover(let crop):
            members["fit"] = "cover"
            members["crop"] = crop.json
        case .anchored(let anchor, let width, let margin):
            members["fit"] = "anchored"
            members["anchor"] = .string(anchor.rawValue)
            members["width"] = .number(width)
            members["margin"] = .number(margin)
        }
        members["focus"] = focus?.json
        if let grade {
            members["grade"] = [
                "preset": .string(grade.preset.rawValue), "strength": .number(grade.strength),
            ]
        }
        return members
    }
}

extension ImageLayer.Placement {
    init(node: DocumentNode) throws(CompositionError) {
        guard let fit = node.optional("fit") else {
            self = .cover(crop: try Self.crop(node))
            return
        }
        switch try fit.string() {
        case "cover":
            self = .cover(crop: try Self.crop(node))
        case "anchored":
            self = .anchored(
                try node.required("anchor").choice(Anchor.self),
                width: try node.required("width").number(in: 0...1),
                margin: try node.optional("margin")?.number(in: 0...1) ?? 0)
        case let other:
            throw fit.error("is \"\(other)\"; allowed are cover, anchored")
        }
    }

    private static func crop(_ node: DocumentNode) throws(CompositionError) -> UnitRect {
        guard let member = node.optional("crop") else { return .full }
        let crop = try UnitRect(node: member)
        guard crop.width > 0, crop.height > 0, crop.x >= 0, crop.y >= 0,
            crop.x + crop.width <= 1.000_001, crop.y + crop.height <= 1.000_001
        else { throw member.error("reaches outside the source or is empty") }
        return crop
    }
}
