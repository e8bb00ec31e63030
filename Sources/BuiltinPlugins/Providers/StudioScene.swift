import Imaging
import ThumbwireKit

/// The ways in which studio backgrounds look.
enum StudioStyle: String, Sendable, Hashable, CaseIterable {
    /// Soft fields of colour.
    case mesh
    /// Discs of light out of focus.
    case bokeh
    /// A sunburst.
    case rays
    /// Layered hills or waves.
    case waves
    /// A floor of lines under a sun.
    case grid
    /// Editor windows with lines of code.
    case windows
    /// Rising bars.
    case chart
    /// Circles around a glow.
    case rings
    /// A halftone.
    case dots
    /// A night sky.
    case stars
}

/// One background before it is drawn: what the words of a request decide.
struct StudioScene: Sendable {
    let size: PixelSize
    let style: StudioStyle
    let palette: StudioPalette
    /// Where the motif belongs, so that the title has room.
    let subject: UnitRect
    private let seed: [String]

    /// Seeded by the request alone: a video that is renamed changes the theme at most.
    init(_ request: GenerationRequest, subject: GenerationSubject, variant: Int, style: StudioStyle?) {
        let thumbnail = request.thumbnail
        size = request.size
        seed = [thumbnail.prompt ?? "", thumbnail.title ?? "", thumbnail.videoURL ?? "", "\(variant)"]
        var random = StudioRandom(seed)
        let theme = StudioTheme.matching(subject.words)
        self.style = style ?? Self.style(theme, seed: Array(seed.dropLast()), variant: variant)
        palette = StudioPalette(theme: theme, variant: variant, random: &random)
        self.subject = Self.subject(
            thumbnail.layoutType ?? Layout.defaultLayout, TitleGeometry(request.size).frame)
    }

    /// Each variant gets the next style, so that variants differ at a glance.
    private static func style(_ theme: StudioTheme?, seed: [String], variant: Int) -> StudioStyle {
        let all = StudioStyle.allCases
        let preferred = theme?.styles ?? []
        if variant < preferred.count { return preferred[variant] }
        let rest = all.filter { !preferred.contains($0) }
        var random = StudioRandom(seed)
        return rest[(random.index(rest.count) + variant - preferred.count) % rest.count]
    }

    private static func subject(_ layout: LayoutType, _ frame: TitleGeometry.Frame) -> UnitRect {
        if frame == .portrait {
            return switch layout {
            case .textLeft: UnitRect(x: 0.05, y: 0.48, width: 0.9, height: 0.42)
            case .textRight: UnitRect(x: 0.05, y: 0.06, width: 0.9, height: 0.38)
            case .textBottom: UnitRect(x: 0.05, y: 0.08, width: 0.9, height: 0.42)
            case .textCenter, .fullBleed: UnitRect(x: 0, y: 0.45, width: 1, height: 0.5)
            }
        }
        return switch layout {
        case .textLeft: UnitRect(x: 0.57, y: 0.08, width: 0.40, height: 0.82)
        case .textRight: UnitRect(x: 0.03, y: 0.08, width: 0.40, height: 0.82)
        case .textBottom: UnitRect(x: 0.2, y: 0.05, width: 0.6, height: 0.5)
        case .textCenter: UnitRect(x: 0, y: 0.02, width: 1, height: 0.96)
        case .fullBleed: UnitRect(x: 0.1, y: 0.46, width: 0.8, height: 0.52)
        }
    }

    /// The finished pixels: a soft ground, sharp kernels, drawn motifs, and grain against bands.
    func paint() throws -> PixelBuffer {
        var random = StudioRandom(seed + ["paint"])
        let ground = StudioGround(scene: self).picture(&random)
        StudioKernels(scene: self).draw(on: ground, &random)
        let motif = StudioMotif(scene: self).layers(&random)
        var pixels = ground
        if !motif.isEmpty {
            guard let renderer = Renderer.ofThisThread else {
                throw Failure(.misconfigured, code: "fonts_missing", message: "this machine has no fonts")
            }
            let base = Layer(
                id: "ground", content: .image(ImageLayer(source: ImageReference(artifact: "ground"))))
            let composition = Composition(
                canvas: Composition.Canvas(size: size), layers: [base] + motif)
            pixels = try renderer.render(composition) { _ in ground }.pixels
        }
        StudioKernels.addGrain(to: pixels, seed: random.next())
        return pixels
    }

    /// The middle of the subject.
    var focus: UnitPoint {
        UnitPoint(x: subject.x + subject.width / 2, y: subject.y + subject.height / 2)
    }
}
