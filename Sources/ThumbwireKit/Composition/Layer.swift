/// One drawn thing of a composition.
public struct Layer: Hashable, Sendable {
    /// Unique in its composition and stable over edits.
    public var id: String
    /// False keeps it in the document and out of the picture.
    public var isVisible: Bool
    /// True asks editors to leave it alone.
    public var isLocked: Bool
    /// 0–1, multiplied into everything the layer draws.
    public var opacity: Double
    /// How it mixes with what is below.
    public var blend: BlendMode
    /// What it draws.
    public var content: Content
    /// Members that this version does not know.
    public var unknownMembers: JSONObject

    /// A visible, unlocked, opaque layer.
    public init(id: String, content: Content, opacity: Double = 1, blend: BlendMode = .normal) {
        self.id = id
        self.content = content
        self.opacity = opacity
        self.blend = blend
        isVisible = true
        isLocked = false
        unknownMembers = [:]
    }

    /// What a layer can draw.
    public enum Content: Hashable, Sendable {
        case image(ImageLayer)
        case gradient(GradientLayer)
        case shape(ShapeLayer)
        case vignette(VignetteLayer)
        case text(TextLayer)
        /// A type of a later version or of a plugin: kept, not drawn.
        case unknown(type: String, members: JSONObject)
    }
}

/// How a layer mixes with what is below, as in CSS `mix-blend-mode`.
public enum BlendMode: String, Hashable, Sendable, CaseIterable {
    case normal, multiply, screen, overlay, softLight = "soft-light", lighten, darken
}

/// Names a stored picture that a composition draws.
public struct ImageReference: Hashable, Sendable {
    /// The id of an artifact of the same account.
    public var artifact: String

    /// A reference to an artifact.
    public init(artifact: String) {
        self.artifact = artifact
    }
}

/// A picture, filling its frame or placed at an anchor.
public struct ImageLayer: Hashable, Sendable {
    /// Where the picture goes.
    public enum Placement: Hashable, Sendable {
        /// Fills the canvas. `crop` is the part of the source that shows, in fractions of the source; where its
        /// shape differs from the canvas's, it is cut further around its centre.
        case cover(crop: UnitRect)
        /// At a corner, edge or the centre: `width` in fractions of the canvas width, `margin` of its shorter side.
        case anchored(Anchor, width: Double, margin: Double)
    }

    /// The picture.
    public var source: ImageReference
    /// Where it goes.
    public var placement: Placement
    /// The grading of this layer, if any.
    public var grade: Grade?
    /// The point of interest in fractions of the source, kept for re-cropping to another shape.
    public var focus: UnitPoint?

    /// A picture that covers the canvas.
    public init(source: ImageReference, placement: Placement = .cover(crop: .full), grade: Grade? = nil) {
        self.source = source
        self.placement = placement
        self.grade = grade
    }
}

/// A colour grading and how much of it.
public struct Grade: Hashable, Sendable {
    /// Which one.
    public var preset: ColorGrading
    /// 0 leaves the picture alone, 1 is the full look.
    public var strength: Double

    /// A grading at a strength.
    public init(preset: ColorGrading, strength: Double = 1) {
        self.preset = preset
        self.strength = strength
    }
}

/// Nine places of a rectangle.
public enum Anchor: String, Hashable, Sendable, CaseIterable {
    case topLeft = "top-left"
    case top
    case topRight = "top-right"
    case left, center, right
    case bottomLeft = "bottom-left"
    case bottom
    case bottomRight = "bottom-right"
}

/// A colour gradient inside a rectangle.
public struct GradientLayer: Hashable, Sendable {
    /// The direction the colours run in.
    public enum Shape: Hashable, Sendable {
        /// Degrees clockwise from "to the top", as in CSS: 90 runs left to right, 180 top to bottom.
        case linear(angle: Double)
        /// From `center` (fractions of the rectangle) to `radius` (fraction of its half diagonal).
        case radial(center: UnitPoint, radius: Double)
    }

    /// A colour at a place from 0 to 1.
    public struct Stop: Hashable, Sendable {
        /// 0–1 along the gradient.
        public var position: Double
        /// The colour there.
        public var color: Color

        /// A colour at a place.
        public init(position: Double, color: Color) {
            self.position = position
            self.color = color
        }
    }

    /// Where it is drawn.
    public var rect: UnitRect
    /// How its colours run.
    public var shape: Shape
    /// At least two, in ascending order.
    public var stops: [Stop]

    /// A gradient.
    public init(rect: UnitRect = .full, shape: Shape, stops: [Stop]) {
        self.rect = rect
        self.shape = shape
        self.stops = stops
    }
}

/// A filled or stroked figure.
public struct ShapeLayer: Hashable, Sendable {
    /// Which figure.
    public enum Figure: Hashable, Sendable {
        /// Corner radius as a fraction of the canvas's shorter side.
        case rectangle(cornerRadius: Double)
        case ellipse
    }

    /// Its bounds.
    public var rect: UnitRect
    /// The figure inside the bounds.
    public var figure: Figure
    /// The inside, if any.
    public var fill: Color?
    /// The outline, if any; its width as a fraction of the canvas's shorter side.
    public var stroke: Stroke?
    /// Degrees clockwise around the centre of the bounds.
    public var rotation: Double

    /// A figure.
    public init(rect: UnitRect, figure: Figure, fill: Color?, stroke: Stroke? = nil, rotation: Double = 0) {
        self.rect = rect
        self.figure = figure
        self.fill = fill
        self.stroke = stroke
        self.rotation = rotation
    }
}

/// An outline with round joins.
public struct Stroke: Hashable, Sendable {
    /// The colour of the line.
    public var color: Color
    /// The visible width outside the filled figure: in em for text, in fractions of the shorter side for shapes.
    public var width: Double

    /// An outline.
    public init(color: Color, width: Double) {
        self.color = color
        self.width = width
    }
}

/// Darkening towards the corners.
public struct VignetteLayer: Hashable, Sendable {
    /// 0–1: how dark the corners get.
    public var strength: Double

    /// A vignette.
    public init(strength: Double) {
        self.strength = strength
    }
}
