internal import Foundation
package import ThumbwireKit

/// A picture that an edit brings along in JSON.
package enum OpenAIPicture: Hashable, Sendable {
    case url(String)
    case bytes([UInt8])

    /// Characters of an `image_url`, as OpenAI documents it.
    private static let linkLimit = 20_971_520
    /// Pictures of one request.
    package static let counts = 1...16

    /// The member `images` of an edit: each an object with `image_url`.
    package static func images(of body: JSONValue) throws(Problem) -> [OpenAIPicture] {
        guard let value = body["images"], value != .null else {
            throw OpenAIFields.refusal("images", "Missing required parameter: 'images'.")
        }
        guard let elements = value.array, counts.contains(elements.count) else {
            throw OpenAIFields.refusal("images", "Invalid 'images': expected an array of 1 to 16 objects.")
        }
        var pictures: [OpenAIPicture] = []
        for (index, element) in elements.enumerated() {
            pictures.append(try OpenAIPicture(element, at: "images/\(index)", shown: "images[\(index)]"))
        }
        return pictures
    }

    /// The member `mask`.
    package static func mask(of body: JSONValue) throws(Problem) -> OpenAIPicture? {
        guard let value = body["mask"], value != .null else { return nil }
        return try OpenAIPicture(value, at: "mask", shown: "mask")
    }

    private init(_ value: JSONValue, at place: String, shown: String) throws(Problem) {
        guard let object = value.object, object.members.count == 1, let member = object.members.first,
            ["image_url", "file_id"].contains(member.name), let text = member.value.string
        else {
            throw Self.refusal(
                place, "Invalid '\(shown)': expected an object with exactly one of 'image_url' and 'file_id'."
            )
        }
        guard member.name == "image_url" else {
            throw Self.refusal(
                "\(place)/file_id",
                "Invalid '\(shown).file_id': there is no files API here; send the picture as 'image_url', "
                    + "an http(s) URL or a data URL.")
        }
        self = try Self.link(text, "\(place)/image_url", "\(shown).image_url")
    }

    private static func link(
        _ text: String, _ place: String, _ shown: String
    ) throws(Problem) -> OpenAIPicture {
        let length = text.utf8.count
        guard length <= linkLimit else {
            throw refusal(
                place,
                "Invalid '\(shown)': string too long. Expected a string with maximum length \(linkLimit), but "
                    + "got a string with length \(length) instead.")
        }
        let scheme = text.prefix(8).lowercased()
        if scheme.hasPrefix("data:") {
            guard let bytes = dataURL(text) else {
                throw refusal(
                    place, "Invalid '\(shown)': expected a data URL of the form data:image/png;base64,…")
            }
            return .bytes(bytes)
        }
        guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://"), length <= RequestLimits.url else {
            throw refusal(
                place,
                "Invalid '\(shown)': expected a data URL, or an http(s) URL of at most \(RequestLimits.url) bytes."
            )
        }
        return .url(text)
    }

    /// The bytes of `data:image/…;base64,…` (RFC 2397); `nil` for anything else.
    private static func dataURL(_ text: String) -> [UInt8]? {
        let bytes = text.utf8
        guard let comma = bytes.prefix(256).firstIndex(of: UInt8(ascii: ",")),
            String(text[..<comma]).lowercased().hasSuffix(";base64"),
            let data = Data(base64Encoded: Data(bytes[bytes.index(after: comma)...])), !data.isEmpty
        else { return nil }
        return [UInt8](data)
    }

    private static func refusal(_ place: String, _ message: String) -> Problem {
        Problem(.validationFailed, message, errors: [FieldError(pointer: "/\(place)", detail: message)])
    }
}
