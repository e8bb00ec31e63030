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

/// "allowed: a, b, c", with a guess first where one of them is close to what was written.
func suggestion(for written: String, among allowed: [String]) -> String {
    let list = "allowed: " + allowed.joined(separator: ", ")
    let closest = allowed.map { (word: $0, distance: editDistance(written, $0)) }.min {
        $0.distance < $1.distance
    }
    guard let closest, closest.distance <= max(1, written.count / 3) else { return list }
    return "did you mean \"\(closest.word)\"? \(list)"
}

/// Levenshtein distance over characters.
func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in right.indices {
            let substitution = diagonal + (character == right[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[right.count]
}
