/// Text that fits itself into a rectangle.
public struct TextLayer: Hashable, Sendable {
    /// The horizontal place of lines; `start` is the right side for right-to-left text.
    public enum Alignment: String, Hashable, Sendable, CaseIterable {
        case start, center, end
    }

    /// The vertical place of the block.
    public enum VerticalAlignment: String, Hashable, Sendable, CaseIterable {
        case top, middle, bottom
    }

    /// Whether letters are changed to capitals before drawing.
    public enum LetterCase: String, Hashable, Sendable, CaseIterable {
        case original, upper
    }

    /// A typeface; missing glyphs come from the system's fallback fonts.
    public struct Font: Hashable, Sendable {
        /// A family name as fontconfig knows it.
        public var family: String
        /// 100–1000; CSS weights.
        public var weight: Int

        /// A typeface.
        public init(family: String, weight: Int) {
            self.family = family
            self.weight = weight
        }
    }

    /// How the size is found: the largest between `minimum` and `maximum` at which the text fits the rectangle,
    /// in fractions of the canvas's shorter side.
    public struct Fit: Hashable, Sendable {
        /// The smallest font size.
        public var minimum: Double
        /// The largest font size.
        public var maximum: Double
        /// The most lines the text may break into.
        public var maximumLines: Int

        /// Bounds for the font size and the number of lines.
        public init(minimum: Double, maximum: Double, maximumLines: Int) {
            self.minimum = minimum
            self.maximum = maximum
            self.maximumLines = maximumLines
        }
    }

    /// A blurred copy behind the text; lengths in em.
    public struct Shadow: Hashable, Sendable {
        /// Its colour with opacity.
        public var color: Color
        /// To the right.
        public var offsetX: Double
        /// Downwards.
        public var offsetY: Double
        /// The radius of the blur.
        public var blur: Double

        /// A shadow.
        public init(color: Color, offsetX: Double, offsetY: Double, blur: Double) {
            self.color = color
            self.offsetX = offsetX
            self.offsetY = offsetY
            self.blur = blur
        }
    }

    /// A run of the text in another colour, in Unicode scalars of `text` as it is written here.
    public struct Span: Hashable, Sendable {
        /// The first scalar of the run and the one behind its last.
        public var range: Range<Int>
        /// The colour of the run.
        public var fill: Color

        /// A coloured run.
        public init(range: Range<Int>, fill: Color) {
            self.range = range
            self.fill = fill
        }
    }

    /// What the fit came to: a cache for editors and checks, which the renderer computes anew.
    public struct Resolved: Hashable, Sendable {
        /// The font size in pixels of the canvas.
        public var fontSize: Double
        /// The lines as drawn.
        public var lines: [String]
        /// The box around the ink, stroke included.
        public var ink: UnitRect

        /// What a fit came to.
        public init(fontSize: Double, lines: [String], ink: UnitRect) {
            self.fontSize = fontSize
            self.lines = lines
            self.ink = ink
        }
    }

    /// The text as it is meant, never markup.
    public var text: String
    /// Where it fits itself into.
    public var rect: UnitRect
    /// The horizontal place of lines.
    public var alignment: Alignment
    /// The vertical place of the block.
    public var verticalAlignment: VerticalAlignment
    /// The typeface.
    public var font: Font
    /// Bounds for the size.
    public var fit: Fit
    /// Capitals or not.
    public var letterCase: LetterCase
    /// Distance of baselines in em.
    public var lineHeight: Double
    /// Extra distance between letters in em.
    public var tracking: Double
    /// The colour of the letters.
    public var fill: Color
    /// The outline, drawn below the fill; width in em.
    public var stroke: Stroke?
    /// The shadow, if any.
    public var shadow: Shadow?
    /// Coloured runs, in order, not overlapping.
    public var spans: [Span]
    /// What the last fit came to, if one was made.
    public var resolved: Resolved?

    /// Text with the given frame and face; everything else has a default that reads well on photos.
    public init(text: String, rect: UnitRect, font: Font, fit: Fit) {
        self.text = text
        self.rect = rect
        self.font = font
        self.fit = fit
        alignment = .start
        verticalAlignment = .middle
        letterCase = .original
        lineHeight = 1
        tracking = 0
        fill = .white
        stroke = nil
        shadow = nil
        spans = []
        resolved = nil
    }
}
