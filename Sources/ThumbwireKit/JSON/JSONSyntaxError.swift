/// Why bytes are not the JSON that Thumbwire accepts.
public struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, and with which limit where there is one.
    public var reason: String
    /// Where, in bytes from the start.
    public var offset: Int

    /// The reason with its place.
    public var description: String { "\(reason) at byte \(offset)" }
}
