package import ThumbwireKit

/// An administrator's word that jobs of a chain wait; it outlasts restarts.
package struct ChainPause: Hashable, Sendable {
    /// The chain's name in the file.
    package var chain: String
    /// `nil` is until somebody resumes it.
    package var until: Timestamp?
    package var reason: String
    package var at: Timestamp
    /// Nothing waits for it any more, and what did is let go.
    package var isOver: Bool

    package init(chain: String, until: Timestamp?, reason: String, at: Timestamp, isOver: Bool = false) {
        self.chain = chain
        self.until = until
        self.reason = reason
        self.at = at
        self.isOver = isOver
    }

    /// True where jobs of the chain wait at that moment.
    package func isInForce(at moment: Timestamp) -> Bool {
        !isOver && (until.map { $0 > moment } ?? true)
    }
}
