/// What a client asks for, whichever face it came through; every value is checked.
public struct ThumbnailRequest: Hashable, Sendable {
    /// Words and a colour that the title stresses, given by the client instead of found by us.
    public struct Accent: Hashable, Sendable {
        /// The accent colour; `nil` lets accent detection choose.
        public var color: Color?
        /// Words of the title; `nil` lets accent detection choose, empty stresses none.
        public var words: [String]?

        /// A client's choice.
        public init(color: Color? = nil, words: [String]? = nil) {
            self.color = color
            self.words = words
        }
    }

    /// The text on the picture; `nil` draws none.
    public var title: String?
    /// What the background shows.
    public var prompt: String?
    /// The video that the thumbnail is for.
    public var videoURL: String?
    /// A photo to compose on instead of a generated background.
    public var sourceImage: InputImage?
    /// Pictures for the provider to take style or content from, at most 16.
    public var referenceImages: [InputImage]
    /// Where a provider may paint: transparent pixels of a picture as large as the first reference.
    public var maskImage: InputImage?
    /// The grading; `nil` leaves it to the chain.
    public var colorGrading: ColorGrading?
    /// Where the title goes; `nil` leaves it to the chain.
    public var layoutType: LayoutType?
    /// The size of the finished picture.
    public var resolution: PixelSize
    /// Where it is shown; `youtube` is the one supported.
    public var platform: String
    /// How many different pictures, 1–10.
    public var variants: Int
    /// The file format; `nil` leaves it to the chain.
    public var format: ImageFormat?
    /// 0–100, of JPEG and WebP; `nil` leaves it to the chain.
    public var quality: Int?
    /// The client's choice of accent.
    public var accent: Accent
    /// What one wire format asks of its own provider and the others do not know, such as OpenAI's `quality`.
    public var options: JSONObject

    /// A request with the defaults of the wire formats.
    public init(title: String? = nil, prompt: String? = nil, resolution: PixelSize = .landscape) {
        self.title = title
        self.prompt = prompt
        self.resolution = resolution
        platform = "youtube"
        variants = 1
        accent = Accent()
        referenceImages = []
        options = [:]
    }
}
