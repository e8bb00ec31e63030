internal import HTTP

/// What links in documents begin with: an absolute URL without a slash at its end.
struct PublicURL {
    let text: String

    init(_ text: String) throws(ServiceError) {
        do throws(ClientError) {
            _ = try URLParts(text)
        } catch {
            throw ServiceError("--public-url \(text): \(error)")
        }
        guard !text.contains(where: { "?#".contains($0) }) else {
            throw ServiceError("--public-url \(text): expected no query and no fragment")
        }
        self.text = text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
