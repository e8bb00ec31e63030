import ThumbwireKit

/// The query of a request, made of options.
struct Query: Sendable {
    private var parts: [String] = []

    /// With what `--limit` says.
    init(_ arguments: Arguments, limit: Int) throws(UsageError) {
        add("limit", "\(try arguments.integer("limit", in: 1...100) ?? limit)")
    }

    /// Leaves out what is absent or empty.
    mutating func add(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        parts.append("\(name)=\(value.percentEncoded)")
    }

    var text: String { parts.isEmpty ? "" : "?" + parts.joined(separator: "&") }
}
