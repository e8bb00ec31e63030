/// One thing wrong with `plugins.json`.
package struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The JSON path, such as `chains.default.steps[2].with.quality`.
    package var path: String
    /// What was found, what is allowed, and a guess at what was meant.
    package var message: String

    package var description: String { "\(path): \(message)" }
}

/// Everything wrong with `plugins.json`, found in one reading.
package struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]

    package var description: String {
        problems.map { $0.description }.joined(separator: "\n")
    }
}
