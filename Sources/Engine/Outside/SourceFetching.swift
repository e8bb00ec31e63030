package import ThumbwireKit

/// Fetches what clients name by URL, under the address policy for tenant-given URLs; the composition root injects it.
package protocol SourceFetching: Sendable {
    /// The bytes at that URL, which stands in that field. Throws with the codes `source_image_unreachable`,
    /// `source_image_not_found`, `source_image_blocked`, `source_image_too_large` and `source_image_timeout`.
    func fetch(
        _ url: String, field: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture
    /// What the page or video at that URL says of itself; `nil`, with a warning, when nothing could be found out.
    func videoContext(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> VideoContext?
    /// The best picture that stands for it; `nil` when there is none.
    func videoFrame(
        of url: String, deadline: Timestamp, warn: @Sendable (Warning) -> Void
    ) async -> GenerationResult.Picture?
}
