/// The editor state of one picture: a canvas and its layers, bottom first.
///
/// It is a document: places and sizes are fractions of the canvas, so that the same composition renders at any
/// size; layer types and members that this version does not know survive a round trip; and the renderer needs
/// nothing else. The JSON form is `thumbwire.composition/1`.
public struct Composition: Hashable, Sendable {
    /// The version of the document that this code writes.
    public static let schema = "thumbwire.composition/1"

    /// The size to render at, and the colour below every layer.
    public struct Canvas: Hashable, Sendable {
        /// Pixels across and down.
        public var size: PixelSize
        /// What shows where no layer does; always opaque.
        public var background: Color

        /// A canvas of that size.
        public init(size: PixelSize, background: Color = .black) {
            self.size = size
            self.background = background
        }
    }

    /// A region that a platform covers with its own interface, where no text may stand.
    public struct SafeArea: Hashable, Sendable {
        /// What covers it, such as `youtube-duration`.
        public var id: String
        /// The covered region.
        public var rect: UnitRect

        /// A covered region.
        public init(id: String, rect: UnitRect) {
            self.id = id
            self.rect = rect
        }
    }

    /// The canvas.
    public var canvas: Canvas
    /// What is drawn, bottom first; ids are unique.
    public var layers: [Layer]
    /// Regions kept clear of text.
    public var safeAreas: [SafeArea]
    /// What each step found and why; informs people and later steps, never the renderer.
    public var provenance: JSONObject
    /// Members of the document that this version does not know.
    public var unknownMembers: JSONObject

    /// An empty composition.
    public init(
        canvas: Canvas, layers: [Layer] = [], safeAreas: [SafeArea] = [], provenance: JSONObject = [:]
    ) {
        self.canvas = canvas
        self.layers = layers
        self.safeAreas = safeAreas
        self.provenance = provenance
        unknownMembers = [:]
    }

    /// The layer of that id; setting replaces it in place, or puts a new one on top.
    public subscript(layer id: String) -> Layer? {
        get { layers.first { $0.id == id } }
        set {
            let index = layers.firstIndex { $0.id == id }
            switch (index, newValue) {
            case (let index?, let layer?): layers[index] = layer
            case (let index?, nil): layers.remove(at: index)
            case (nil, let layer?): layers.append(layer)
            case (nil, nil): break
            }
        }
    }
}
