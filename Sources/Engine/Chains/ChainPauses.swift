internal import Persistence
internal import Synchronization
internal import ThumbwireKit

/// Which chains are paused, as workers look at it; the store decides for each job once more when it is written.
final class ChainPauses: Sendable {
    /// Chains whose pause is over are known until all that waited was let go.
    private let pauses = Mutex<[String: ChainPause]>([:])
    /// Woken when a pause began or ended.
    let news = Wakeup()

    /// By name.
    var all: [ChainPause] { pauses.withLock { $0.values.sorted { $0.chain < $1.chain } } }

    func isInForce(_ chain: String, at moment: Timestamp) -> Bool {
        pauses.withLock { $0[chain]?.isInForce(at: moment) ?? false }
    }

    func set(_ pause: ChainPause) {
        pauses.withLock { $0[pause.chain] = pause }
        news.wake()
    }

    func end(_ chain: String) {
        pauses.withLock { $0[chain]?.isOver = true }
        news.wake()
    }

    /// Says that nothing waits for the chain; a pause that began meanwhile stays.
    func forget(_ chain: String) {
        pauses.withLock { pauses in
            if pauses[chain]?.isOver == true { pauses[chain] = nil }
        }
    }

    /// Chains whose time is over and that nobody has resumed.
    func expired(at moment: Timestamp) -> [String] {
        all.filter { !$0.isOver && !$0.isInForce(at: moment) }.map(\.chain)
    }

    /// Chains of which jobs may still have to be let go.
    var over: [String] { all.filter(\.isOver).map(\.chain) }

    var nextEnd: Timestamp? { all.filter { !$0.isOver }.compactMap(\.until).min() }
}
