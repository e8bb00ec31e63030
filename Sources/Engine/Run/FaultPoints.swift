internal import ThumbwireKit

/// The places between which a process can die while it buys, in the order a job comes by them.
package enum FaultPoint: String, Sendable, CaseIterable {
    case beforeIntent = "before-intent"
    case afterIntent = "after-intent"
    case beforeCall = "before-call"
    /// The other side has answered; neither its ticket nor its bytes are durable.
    case afterAnswer = "after-answer"
    case afterTicket = "after-ticket"
    case beforePoll = "before-poll"
    case afterPoll = "after-poll"
    /// The bytes are durable; no row names them.
    case afterArtifacts = "after-artifacts"
    /// The row names the bytes; nothing is composed.
    case afterResult = "after-result"
    case beforeFinish = "before-finish"
    case afterFinish = "after-finish"
    /// The answer about a ticket whose job has ended is there; it is not settled.
    case afterLatePoll = "after-late-poll"
}

/// Where tests let the process die. Off unless the composition root is told otherwise.
package struct FaultPoints: Sendable {
    /// What a test throws in place of the end of a process: whoever catches it must write nothing.
    package struct Crash: Error {
        package init() {}
    }

    /// Nothing happens anywhere.
    package static let none = FaultPoints { _ in }

    private let action: @Sendable (FaultPoint) throws(Crash) -> Void

    package init(_ action: @escaping @Sendable (FaultPoint) throws(Crash) -> Void) {
        self.action = action
    }

    func reach(_ point: FaultPoint) throws(Crash) { try action(point) }
}
