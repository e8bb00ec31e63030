/// Wakes one loop: signals between two rounds count as one.
struct Wakeup: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func signal() {
        continuation.yield()
    }

    /// One element for each round that somebody asked for; ends when the reading task is cancelled.
    var rounds: AsyncStream<Void> { stream }
}
