import Glibc

/// A condition did not come true in time.
struct NeverHappened: Error, CustomStringConvertible {
    let what: String

    var description: String { "never happened: \(what)" }
}

/// Far above what any machine needs; only a fault reaches it.
private let patience: Duration = .seconds(300)

/// Asks again and again until there is a value.
func eventually<Value>(
    _ what: @autoclosure () -> String, _ probe: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end {
        if let value = try await probe() { return value }
        try await Task.sleep(for: .milliseconds(20))
    }
    // The last sleep may have been long.
    if let value = try await probe() { return value }
    throw NeverHappened(what: what())
}

/// Asks again and again until it is true.
func eventually(_ what: @autoclosure () -> String, _ condition: () async throws -> Bool) async throws {
    let _: Bool = try await eventually(what()) { try await condition() ? true : nil }
}
