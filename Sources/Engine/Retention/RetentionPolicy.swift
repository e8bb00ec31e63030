package import ThumbwireKit

/// How long things are kept; `nil` is for good.
package struct RetentionPolicy: Hashable, Sendable {
    /// Ended jobs, from their end, with everything that belongs to them; events about no job, from when they happened.
    package var jobs: Duration? = .seconds(90 * 86_400)
    /// Pictures of jobs, from when they were stored, and no longer than their job.
    package var artifacts: Duration? = .seconds(90 * 86_400)
    /// Deliveries that have ended, with their attempts.
    package var deliveries: Duration? = .seconds(30 * 86_400)
    /// Uploads that no job names; those that one names stay as long as it.
    package var uploads: Duration? = .seconds(86_400)
    /// What the database and the files may take together, in bytes; `nil` is no limit.
    package var maximumBytes: Int64?

    package init() {}

    /// Keeps everything for good.
    package static let keepingAll: RetentionPolicy = {
        var policy = RetentionPolicy()
        (policy.jobs, policy.artifacts, policy.deliveries, policy.uploads) = (nil, nil, nil, nil)
        return policy
    }()

    /// When the link of a picture ends that a job stores now: never after the job itself may go.
    func expiry(ofPictureAt now: Timestamp) -> Timestamp? {
        [jobs, artifacts].compactMap(\.self).min().map { now + $0 }
    }

    /// When an upload of now goes that no job names; an upload that is kept for good says so by the end of time.
    package func expiry(ofUploadAt now: Timestamp) -> Timestamp {
        uploads.map { now + $0 } ?? .distantFuture
    }
}
