/// Keeps stored bytes from being removed while a copy of it exists.
///
/// Bytes are durable before the row that names them: whoever stores them holds them until that row is committed.
public struct ContentHold: Hashable, Sendable {
    private final class Owner: Sendable {
        let release: @Sendable () -> Void

        init(_ release: @escaping @Sendable () -> Void) {
            self.release = release
        }

        deinit {
            release()
        }
    }

    private let owner: Owner

    /// `release` is called once, when the last copy is gone.
    package init(release: @escaping @Sendable () -> Void) {
        owner = Owner(release)
    }

    /// A hold says nothing about what is held.
    public static func == (left: ContentHold, right: ContentHold) -> Bool { true }

    /// Nothing, as all holds are equal.
    public func hash(into hasher: inout Hasher) {}
}
