internal import Foundation

/// A value that one thread waits for and another gives, once.
final class Handoff<Value: Sendable>: Sendable {
    // Proof of `@unchecked`: `value` is only touched between `condition.lock()` and `condition.unlock()`.
    private final class Shared: @unchecked Sendable {
        let condition = NSCondition()
        var value: Value?
    }

    private let shared = Shared()

    func give(_ value: Value) {
        shared.condition.lock()
        shared.value = value
        shared.condition.broadcast()
        shared.condition.unlock()
    }

    /// Blocks the thread until the value is there.
    @discardableResult func take() -> Value {
        shared.condition.lock()
        defer { shared.condition.unlock() }
        while true {
            if let value = shared.value { return value }
            shared.condition.wait()
        }
    }
}
