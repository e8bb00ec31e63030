/// A picture that a request brings along.
public enum InputImage: Hashable, Sendable {
    /// To be fetched, under the address policy for tenant-given URLs.
    case url(String)
    /// Uploaded before or together with the request; resolves in the request's account only.
    case artifact(ArtifactID)

    /// The URL, where it is one.
    public var url: String? {
        if case .url(let url) = self { url } else { nil }
    }
}
