/// "allowed: a, b, c", with a guess first where one of them is close to what was written.
public func suggestion(for written: String, among allowed: [String]) -> String {
    let list = "allowed: " + allowed.joined(separator: ", ")
    guard let guess = nearest(to: written, among: allowed) else { return list }
    return "did you mean \"\(guess)\"? \(list)"
}

/// The word that a misspelt one probably stands for; `nil` when none is near.
public func nearest(to written: String, among known: [String]) -> String? {
    let closest = known.map { (word: $0, distance: editDistance(written, $0)) }.min {
        $0.distance < $1.distance
    }
    guard let closest, closest.distance <= max(1, written.count / 3) else { return nil }
    return closest.word
}

/// Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment).
func editDistance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left), Array(right))
    var rows = [Array(0...right.count)]
    for i in left.indices {
        var row = [i + 1]
        for j in right.indices {
            var distance = min(rows[i][j] + (left[i] == right[j] ? 0 : 1), row[j] + 1, rows[i][j + 1] + 1)
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                distance = min(distance, rows[i - 1][j - 1] + 1)
            }
            row.append(distance)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
