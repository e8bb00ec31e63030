import HTTP
import ThumbwireKit

/// Waits for a job by asking the server to answer when it is done, and shows progress from its event stream.
struct JobFollower: Sendable {
    /// The longest wait that the server grants in one request, in seconds.
    private static let wait = 50

    let server: ServerConnection
    let display: ProgressDisplay

    /// - Returns: The document of the ended job.
    func follow(_ accepted: JSONValue) async throws -> JSONValue {
        guard let id = accepted["id"]?.string else {
            throw CommandFailure("the server's answer has no job id")
        }
        display.show(accepted)
        let path = "/v1/jobs/\(id.percentEncoded)"
        // Only for show: without it the job is followed just as well.
        let progress = Task {
            for try await event in server.events("\(path)/events") {
                guard let document = event.data.flatMap({ try? JSONValue(parsing: $0) }) else { continue }
                display.show(document["data"] ?? document)
            }
        }
        defer { progress.cancel() }
        var job = accepted
        while !Self.isEnded(job) {
            let start = ContinuousClock.now
            job = try await server.call(.get, "\(path)?wait=\(Self.wait)", deadline: .seconds(Self.wait + 20))
            display.show(job)
            // A server that does not wait, as while it drains, must not be asked in a tight loop.
            if !Self.isEnded(job), ContinuousClock.now - start < .seconds(1) {
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        return job
    }

    static func isEnded(_ job: JSONValue) -> Bool {
        job["status"]?.string.flatMap(JobState.init)?.isTerminal ?? false
    }
}
