/// The colour gradings, named as the Soke API names them.
public enum ColorGrading: String, Sendable, Hashable, CaseIterable {
    case none = "None"
    case warm = "Warm"
    case cool = "Cool"
    case cinematic = "Cinematic"
    case vintage = "Vintage"
    case desaturated = "Desaturated"
    case neon = "Neon"
}

/// Where the title goes, named as the Soke API names it.
public enum LayoutType: String, Sendable, Hashable, CaseIterable {
    case textLeft = "TextLeft"
    case textRight = "TextRight"
    case textCenter = "TextCenter"
    case textBottom = "TextBottom"
    case fullBleed = "FullBleed"
}

/// The file formats of finished pictures.
public enum ImageFormat: String, Sendable, Hashable, CaseIterable {
    case jpeg, png, webp

    /// The registered media type.
    public var mediaType: String { "image/\(rawValue)" }
    /// What file names end with.
    public var fileExtension: String { self == .jpeg ? "jpg" : rawValue }
}
