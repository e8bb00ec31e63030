internal import ThumbwireKit

/// When a step runs: a path that is there and says something, such as `job.title`, or `!` before it.
///
/// Roots are `job` (the request as its document shows it) and `template`. Missing, `null`, `false`, 0 and the empty
/// string, array and object are false.
struct Condition: Hashable, Sendable {
    static let roots = ["job", "template"]

    let path: [String]
    let isNegated: Bool

    /// Throws what is wrong with the text.
    init(_ text: String) throws(ConditionError) {
        isNegated = text.hasPrefix("!")
        path = text.drop { $0 == "!" || $0 == " " }.split(separator: ".", omittingEmptySubsequences: false)
            .map(String.init)
        guard path.count >= 2,
            path.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber } })
        else {
            throw ConditionError(message: "expected a path like job.title or !job.title, found \"\(text)\"")
        }
        guard Self.roots.contains(path[0]) else {
            throw ConditionError(
                message: "\"\(path[0])\" is unknown; \(suggestion(for: path[0], among: Self.roots))")
        }
    }

    func isMet(in scope: JSONValue) -> Bool {
        let value = path.reduce(Optional(scope)) { value, name in value?[name] }
        return isTrue(value) != isNegated
    }

    private func isTrue(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null?: false
        case .bool(let value)?: value
        case .integer(let value)?: value != 0
        case .number(let value)?: value != 0
        case .string(let value)?: !value.isEmpty
        case .array(let value)?: !value.isEmpty
        case .object(let value)?: !value.isEmpty
        }
    }
}

/// A condition that cannot be understood.
struct ConditionError: Error {
    var message: String
}
