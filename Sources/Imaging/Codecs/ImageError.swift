package import ThumbwireKit

/// Why bytes could not become a picture, or a picture bytes.
package enum ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes carry no signature of any picture format.
    case notAnImage
    /// A picture, but of a kind that is not read here; the name is for people.
    case unsupportedFormat(String)
    /// More pixels than the limit, which says what was exceeded.
    case tooLarge(PixelSize, limit: String)
    /// A larger file than the limit allows.
    case tooManyBytes(Int, limit: Int)
    /// The file ends before the picture does.
    case truncated
    /// The file breaks the rules of its format; the text is the codec's.
    case corrupt(String)
    /// No quality makes the file small enough.
    case budgetUnreachable(smallest: Int, limit: Int)
    /// The codec refused the picture; the text is the codec's.
    case encodingFailed(String)
    /// The drawing library gave up; the text is its own.
    case drawingFailed(String)

    /// What, which and the limit, for people.
    package var description: String {
        switch self {
        case .notAnImage: "not a picture: expected jpeg, png or webp"
        case .unsupportedFormat(let name): "pictures of type \(name) are not supported; use jpeg, png or webp"
        case .tooLarge(let size, let limit): "picture is \(size) pixels; the limit is \(limit)"
        case .tooManyBytes(let count, let limit): "picture has \(count) bytes; the limit is \(limit)"
        case .truncated: "picture is truncated"
        case .corrupt(let reason): "picture is corrupt: \(reason)"
        case .budgetUnreachable(let smallest, let limit):
            "picture cannot be encoded in \(limit) bytes; the smallest was \(smallest)"
        case .encodingFailed(let reason): "picture cannot be encoded: \(reason)"
        case .drawingFailed(let reason): "picture cannot be drawn: \(reason)"
        }
    }
}
