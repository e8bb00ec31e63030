internal import Synchronization
package import ThumbwireKit

/// What happens to a running job before it is worth writing down.
package enum JobSight: Sendable {
    /// From 0 to 1.
    case progress(Double)
    case picture(GenerationResult.Picture)
}

/// Shows pictures on the way to those who watch a job in this process; nothing is kept.
package final class Previews: Sendable {
    private let watchers = Mutex<[JobID: [Int: AsyncStream<JobSight>.Continuation]]>([:])
    private let lastID = Mutex(0)

    package init() {}

    /// Sights from now on, the newest few for a slow watcher; ends when the watcher stops.
    package func watch(_ job: JobID) -> AsyncStream<JobSight> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: JobSight.self, bufferingPolicy: .bufferingNewest(8))
        let id = lastID.withLock { id in
            id += 1
            return id
        }
        watchers.withLock { $0[job, default: [:]][id] = continuation }
        continuation.onTermination = { [weak self] _ in
            self?.watchers.withLock { watchers in
                watchers[job]?[id] = nil
                if watchers[job]?.isEmpty == true { watchers[job] = nil }
            }
        }
        return stream
    }

    func report(progress: Double, of job: JobID) { tell(.progress(progress), job) }

    package func show(_ picture: GenerationResult.Picture, of job: JobID) { tell(.picture(picture), job) }

    private func tell(_ sight: JobSight, _ job: JobID) {
        let continuations = watchers.withLock { Array(($0[job] ?? [:]).values) }
        for continuation in continuations { continuation.yield(sight) }
    }
}
