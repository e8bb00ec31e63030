import Imaging
package import ThumbwireKit

/// Gives the background a colour grading, and a vignette where the look has one.
package struct ColorGrade: PostProcessor {
    /// What stands in a chain's `with`.
    package struct Configuration: Decodable, Sendable {
        var preset: String
        var strength: Double
        var vignette: Bool
        var on: StepScope
    }

    package static let manifest = PluginManifest(
        id: "color-grade", version: PluginVersion(1, 0, 0), kind: .postProcessor,
        summary: "Grades the background: the request's colorGrading, else the preset configured here",
        configuration: [
            ConfigurationField(
                "preset", .choice(ColorGrading.allCases.map { $0.rawValue }),
                "the grading of requests that name none", default: .string(ColorGrading.cinematic.rawValue)),
            ConfigurationField(
                "strength", .number(0...1), "0 leaves the picture alone, 1 is the full look", default: 1.0),
            ConfigurationField(
                "vignette", .boolean, "whether looks that darken the corners may do so", default: true),
            StepScope.field,
        ])

    private let preset: ColorGrading
    private let strength: Double
    private let hasVignette: Bool
    private let scope: StepScope

    package init(configuration: Configuration) throws {
        guard let preset = ColorGrading(rawValue: configuration.preset) else {
            throw ConfigurationError(field: "preset", message: "\"\(configuration.preset)\" is no grading")
        }
        self.preset = preset
        strength = configuration.strength
        hasVignette = configuration.vignette
        scope = configuration.on
    }

    package func process(_ composition: inout Composition, context: any ProcessingContext) throws {
        guard scope.includes(context.product), var background = composition.background else { return }
        let chosen = context.request.colorGrading ?? preset
        let isGraded = chosen != .none && strength > 0
        background.image.grade = isGraded ? Grade(preset: chosen, strength: strength) : nil
        composition.set(background.image, at: background.index)
        composition.layers.removeAll { $0.id == "vignette" }
        let darkness = GradeRecipe.vignette(of: chosen) * strength
        if hasVignette, darkness > 0 {
            // Straight above the background: the renderer then draws both in one pass.
            composition.layers.insert(
                Layer(id: "vignette", content: .vignette(VignetteLayer(strength: darkness))),
                at: background.index + 1)
        }
        composition.provenance["grade"] = [
            "preset": .string(chosen.rawValue), "strength": .number(strength),
            "source": context.request.colorGrading == nil ? "configuration" : "request",
        ]
    }
}
