import Imaging
package import ThumbwireKit

/// Finds the words of the title to stress and a colour for them; the layout step draws what is found here.
package struct AccentDetection: PostProcessor {
    /// What stands in a chain's `with`.
    package struct Configuration: Decodable, Sendable {
        var color: String?
        var words: Bool
        var on: StepScope
    }

    package static let manifest = PluginManifest(
        id: "accent-detection", version: PluginVersion(1, 0, 0), kind: .postProcessor,
        summary: "Finds the words of the title to stress and a colour that stands out from the picture",
        configuration: [
            ConfigurationField("color", .color, "a fixed accent colour instead of one from the picture"),
            ConfigurationField("words", .boolean, "whether to look for words to stress", default: true),
            StepScope.field,
        ])

    private let color: Color?
    private let findsWords: Bool
    private let scope: StepScope

    package init(configuration: Configuration) throws {
        color = try configuration.color.map { text throws(ConfigurationError) in
            guard let color = Color(hex: text) else {
                throw ConfigurationError(field: "color", message: "is not of the form #RRGGBB")
            }
            return color
        }
        findsWords = configuration.words
        scope = configuration.on
    }

    package func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        guard scope.includes(context.product) else { return }
        let title = TitleText(context.request.title ?? "")
        let words = words(of: title, asked: context.request.accent.words)
        for word in context.request.accent.words ?? [] where !words.words.contains(TitleText(word).text) {
            context.warn(
                Warning(code: "accent_word_missing", message: "accent word \"\(word)\" is not in the title"))
        }
        let chosen = try color(asked: context.request.accent.color, composition, context)
        composition.provenance["accent"] = [
            "color": .string(chosen.color.hex), "colorSource": .string(chosen.source),
            "colorWhy": .string(chosen.why), "words": .array(words.words.map { .string($0) }),
            "source": .string(words.source), "why": .string(words.why),
        ]
    }

    private func color(
        asked: Color?, _ composition: Composition, _ context: any ProcessingContext
    ) throws -> AccentColor.Choice {
        if let asked { return AccentColor.Choice(color: asked, source: "request", why: "asked for") }
        if let color {
            return AccentColor.Choice(color: color, source: "configuration", why: "fixed in the chain")
        }
        let picture = try context.render(composition.preview)
        return AccentColor(grid: PictureGrid(picture, longerSide: 80)).choice(fill: .white)
    }

    private func words(
        of title: TitleText, asked: [String]?
    ) -> (words: [String], source: String, why: String) {
        if let asked {
            let found = asked.map { TitleText($0).text }.filter { title.text.scalarRange(of: $0) != nil }
            return (found, "request", "asked for")
        }
        if !title.marked.isEmpty { return (title.markedWords, "markup", "between stars in the title") }
        guard findsWords, let best = AccentWords(title.text).best else {
            return ([], "none", "nothing stands out")
        }
        return ([best.words], "rules", best.why)
    }
}
