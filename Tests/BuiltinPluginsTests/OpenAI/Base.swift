import Synchronization

/// The stand-in's address for the answers that it gives: known once it listens.
final class Base: Sendable {
    private let value = Mutex("")

    var url: String { value.withLock { $0 } }

    func set(_ url: String) { value.withLock { $0 = url } }
}
