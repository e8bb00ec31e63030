import Testing
import ThumbwireKit

/// A composition that uses every member of every type.
func fullComposition() -> Composition {
    var composition = Composition(
        canvas: Composition.Canvas(size: .landscape, background: Color(red: 10, green: 20, blue: 30)),
        safeAreas: [
            .init(id: "youtube-duration", rect: UnitRect(x: 0.84, y: 0.87, width: 0.16, height: 0.13))
        ],
        provenance: ["accent": ["color": "#F6B901", "words": ["30 days"]]])
    var photo = ImageLayer(
        source: ImageReference(artifact: "art_1"),
        placement: .cover(crop: UnitRect(x: 0, y: 0.04, width: 1, height: 0.92)),
        grade: Grade(preset: .cinematic, strength: 0.8))
    photo.focus = UnitPoint(x: 0.41, y: 0.33)
    var background = Layer(id: "background", content: .image(photo))
    background.isLocked = true
    composition.layers = [
        background,
        Layer(id: "vignette", content: .vignette(VignetteLayer(strength: 0.35)), blend: .multiply),
        Layer(
            id: "scrim",
            content: .gradient(
                GradientLayer(
                    rect: UnitRect(x: 0, y: 0, width: 0.7, height: 1), shape: .linear(angle: 90),
                    stops: [
                        .init(position: 0, color: Color.black.withAlpha(0.8)),
                        .init(position: 1, color: Color.black.withAlpha(0)),
                    ]))),
        Layer(
            id: "glow",
            content: .gradient(
                GradientLayer(
                    shape: .radial(center: UnitPoint(x: 0.5, y: 0.4), radius: 0.7),
                    stops: [.init(position: 0, color: .white), .init(position: 1, color: .black)]))),
        Layer(
            id: "box",
            content: .shape(
                ShapeLayer(
                    rect: UnitRect(x: 0.1, y: 0.1, width: 0.2, height: 0.1),
                    figure: .rectangle(cornerRadius: 0.02), fill: .white,
                    stroke: Stroke(color: .black, width: 0.01), rotation: -4))),
        Layer(
            id: "dot",
            content: .shape(
                ShapeLayer(
                    rect: UnitRect(x: -0.1, y: 0, width: 0.2, height: 0.2), figure: .ellipse, fill: nil))),
        Layer(
            id: "logo",
            content: .image(
                ImageLayer(
                    source: ImageReference(artifact: "art_2"),
                    placement: .anchored(.topRight, width: 0.1, margin: 0.03))), opacity: 0.9),
        Layer(id: "title", content: .text(fullText())),
    ]
    return composition
}

private func fullText() -> TextLayer {
    var text = TextLayer(
        text: "👩🏽‍💻 hacks für 30 days", rect: UnitRect(x: 0.05, y: 0.12, width: 0.5, height: 0.7),
        font: TextLayer.Font(family: "Inter", weight: 900),
        fit: TextLayer.Fit(minimum: 0.07, maximum: 0.26, maximumLines: 4))
    text.alignment = .center
    text.verticalAlignment = .bottom
    text.letterCase = .upper
    text.lineHeight = 0.95
    text.tracking = -0.01
    text.stroke = Stroke(color: .black, width: 0.08)
    text.shadow = TextLayer.Shadow(color: Color.black.withAlpha(0.6), offsetX: 0, offsetY: 0.04, blur: 0.08)
    text.spans = [TextLayer.Span(range: 5..<10, fill: Color(red: 246, green: 185, blue: 1))]
    text.resolved = TextLayer.Resolved(
        fontSize: 118, lines: ["👩🏽‍💻 HACKS", "FÜR 30 DAYS"],
        ink: UnitRect(x: 0.05, y: 0.2, width: 0.45, height: 0.4))
    return text
}

@Suite struct CompositionDocumentTests {
    @Test func `every member survives the way to text and back`() throws {
        let composition = fullComposition()

        let text = composition.json.serialized()

        #expect(try Composition(json: JSONValue(parsing: text)) == composition)
        #expect(try Composition(json: JSONValue(parsing: text)).json.serialized() == text)
    }

    @Test func `spans count scalars and say the same in UTF-16`() throws {
        let layers = try #require(fullComposition().json["layers"]?.array)
        let span = try #require(layers.last?["spans"]?.array?.first)

        #expect(span["start"] == 5)
        #expect(span["end"] == 10)
        #expect(span["utf16Start"] == 8)
        #expect(span["utf16End"] == 13)
    }

    @Test func `what this version does not know is kept`() throws {
        let text = #"""
            {"schema":"thumbwire.composition/1","future":{"a":1},
             "canvas":{"width":640,"height":360,"dpi":144},
             "layers":[
              {"id":"q","type":"qr-code","content":"https://example.com","opacity":0.5,"options":{"ecc":"H"}},
              {"id":"t","type":"text","text":"Hi","rect":{"x":0,"y":0,"width":1,"height":1},"skew":3,
               "font":{"family":"Inter","weight":900,"axes":{"slnt":-10}},
               "fit":{"min":0.1,"max":0.2,"maxLines":2,"balance":true},"stroke":null}],
             "safeAreas":[],"provenance":{"x":[1]}}
            """#

        var composition = try Composition(json: JSONValue(parsing: text))
        composition.canvas.size = .portrait
        let written = composition.json

        #expect(written["future"]?["a"] == 1)
        #expect(written["canvas"]?["dpi"] == 144)
        #expect(written["canvas"]?["width"] == 1_080)
        let layers = try #require(written["layers"]?.array)
        #expect(layers[0]["type"] == "qr-code")
        #expect(layers[0]["options"]?["ecc"] == "H")
        #expect(layers[0]["opacity"] == 0.5)
        #expect(layers[1]["skew"] == 3)
        #expect(layers[1]["font"]?["axes"]?["slnt"] == -10)
        #expect(layers[1]["fit"]?["balance"] == true)
        #expect(try Composition(json: written).json == written)
    }

    @Test(arguments: [
        ("[]", ""), ("{}", ""), (#"{"schema":"other/1"}"#, "/schema"),
        (
            #"{"schema":"thumbwire.composition/1","canvas":{"width":0,"height":1},"layers":[]}"#,
            "/canvas/width"
        ),
        (document(#"{"id":"a","type":"vignette","strength":2}"#), "/layers/0/strength"),
        (document(#"{"id":"","type":"vignette","strength":1}"#), "/layers/0/id"),
        (document(#"{"id":"a"}"#), "/layers/0"),
        (document(#"{"id":"a","type":"vignette","strength":1,"blend":"dodge"}"#), "/layers/0/blend"),
        (
            document(#"{"id":"a","type":"x"},{"id":"a","type":"y"}"#), "/layers/1/id"
        ),
        (document(#"{"id":"a","type":"image","src":{}}"#), "/layers/0/src"),
        (
            document(
                #"{"id":"a","type":"image","src":{"artifact":"art_1"},"crop":{"x":0.5,"y":0,"width":1,"height":1}}"#
            ),
            "/layers/0/crop"
        ),
        (
            document(
                #"{"id":"a","type":"gradient","shape":{"kind":"linear","angle":0},"stops":[{"at":1,"color":"red"}]}"#
            ), "/layers/0/stops/0/color"
        ),
        (
            document(
                #"{"id":"a","type":"text","text":"Hi","rect":{"x":0,"y":0,"width":1,"height":1},"#
                    + #""font":{"family":"Inter","weight":900},"fit":{"min":0.1,"max":0.2,"maxLines":2},"#
                    + ##""spans":[{"start":1,"end":3,"fill":"#FFF"}]}"##), "/layers/0/spans/0/end"
        ),
    ])
    func `a mistake is named with its place`(text: String, pointer: String) throws {
        let json = try JSONValue(parsing: text)

        let error = #expect(throws: CompositionError.self) { try Composition(json: json) }

        #expect(error?.pointer == pointer)
    }
}

private func document(_ layers: String) -> String {
    #"{"schema":"thumbwire.composition/1","canvas":{"width":64,"height":64},"layers":["# + layers + "]}"
}
