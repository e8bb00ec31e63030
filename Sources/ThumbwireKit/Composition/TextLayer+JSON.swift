extension TextLayer {
    /// Longer than any title, short enough to lay out at once.
    static let maximumLength = 2_000

    init(node: DocumentNode) throws(CompositionError) {
        self.init(
            text: try node.required("text").string(atMost: Self.maximumLength),
            rect: try UnitRect(node: node.required("rect")),
            font: try Font(node: node.required("font")), fit: try Fit(node: node.required("fit")))
        alignment = try node.optional("align")?.choice(Alignment.self) ?? .start
        verticalAlignment = try node.optional("verticalAlign")?.choice(VerticalAlignment.self) ?? .middle
        letterCase = try node.optional("case")?.choice(LetterCase.self) ?? .original
        lineHeight = try node.optional("lineHeight")?.number(in: 0.5...3) ?? 1
        tracking = try node.optional("tracking")?.number(in: -0.5...2) ?? 0
        if let color = node.optional("fill") { fill = try Color(node: color) }
        if let line = node.optional("stroke") { stroke = try Stroke(node: line) }
        if let copy = node.optional("shadow") { shadow = try Shadow(node: copy) }
        if let runs = node.optional("spans") { spans = try Self.spans(runs, of: text) }
        if let fitted = node.optional("resolved") { resolved = try Resolved(node: fitted) }
    }

    var members: JSONObject {
        var members: JSONObject = [
            "text": .string(text), "rect": rect.json, "align": .string(alignment.rawValue),
            "verticalAlign": .string(verticalAlignment.rawValue), "font": font.json, "fit": fit.json,
            "case": .string(letterCase.rawValue), "lineHeight": .number(lineHeight),
            "tracking": .number(tracking), "fill": fill.json,
        ]
        members["stroke"] = stroke?.json
        members["shadow"] = shadow?.json
        members["spans"] = .array(spans.map { $0.json(in: text) })
        members["resolved"] = resolved?.json
        return members
    }

    private static func spans(
        _ node: DocumentNode, of text: String
    ) throws(CompositionError) -> [Span] {
        let length = text.unicodeScalars.count
        var spans: [Span] = []
        for element in try node.elements(atMost: 100) {
            let start = try element.required("start").integer(in: 0...length)
            let end = try element.required("end").integer(in: 0...length)
            guard start < end, start >= spans.last?.range.upperBound ?? 0 else {
                throw element.error("is empty, or begins before the end of the span before it")
            }
            spans.append(Span(range: start..<end, fill: try Color(node: element.required("fill"))))
        }
        return spans
    }
}

extension TextLayer.Span {
    /// The offsets count Unicode scalars; the same in UTF-16 stands beside them for editors in JavaScript, and
    /// is not read back.
    fileprivate func json(in text: String) -> JSONValue {
        let scalars = text.unicodeScalars
        func units(_ offset: Int) -> JSONValue {
            .integer(Int64(scalars.prefix(offset).reduce(0) { $0 + UTF16.width($1) }))
        }
        return [
            "start": .integer(Int64(range.lowerBound)), "end": .integer(Int64(range.upperBound)),
            "utf16Start": units(range.lowerBound), "utf16End": units(range.upperBound), "fill": fill.json,
        ]
    }
}

extension TextLayer.Font {
    fileprivate init(node: DocumentNode) throws(CompositionError) {
        self.init(
            family: try node.required("family").string(),
            weight: try node.required("weight").integer(in: 100...1_000))
    }

    fileprivate var json: JSONValue { ["family": .string(family), "weight": .integer(Int64(weight))] }
}

extension TextLayer.Fit {
    fileprivate init(node: DocumentNode) throws(CompositionError) {
        let minimum = try node.required("min").number(in: 0.001...2)
        self.init(
            minimum: minimum, maximum: try node.required("max").number(in: minimum...2),
            maximumLines: try node.required("maxLines").integer(in: 1...100))
    }

    fileprivate var json: JSONValue {
        ["min": .number(minimum), "max": .number(maximum), "maxLines": .integer(Int64(maximumLines))]
    }
}

extension TextLayer.Shadow {
    fileprivate init(node: DocumentNode) throws(CompositionError) {
        self.init(
            color: try Color(node: node.required("color")),
            offsetX: try node.optional("dx")?.number(in: -2...2) ?? 0,
            offsetY: try node.optional("dy")?.number(in: -2...2) ?? 0,
            blur: try node.optional("blur")?.number(in: 0...2) ?? 0)
    }

    fileprivate var json: JSONValue {
        ["color": color.json, "dx": .number(offsetX), "dy": .number(offsetY), "blur": .number(blur)]
    }
}

extension TextLayer.Resolved {
    fileprivate init(node: DocumentNode) throws(CompositionError) {
        var lines: [String] = []
        for line in try node.required("lines").elements(atMost: 100) {
            lines.append(try line.string(atMost: TextLayer.maximumLength * 3))
        }
        self.init(
            fontSize: try node.required("fontSize").number(in: 0...20_000), lines: lines,
            ink: try UnitRect(node: node.required("ink")))
    }

    fileprivate var json: JSONValue {
        [
            "fontSize": .number(fontSize), "lines": .array(lines.map { .string($0) }), "ink": ink.json,
        ]
    }
}
