/// Why a document is not a composition.
public struct CompositionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place in the document as a JSON pointer (RFC 6901); empty is the whole document.
    public var pointer: String
    /// What is wrong and what is allowed.
    public var message: String

    /// An error at a place.
    public init(pointer: String, message: String) {
        self.pointer = pointer
        self.message = message
    }

    /// Place and message.
    public var description: String { pointer.isEmpty ? message : "\(pointer): \(message)" }
}
