/// Breaks measured text into lines of even width.
struct LineBreaker {
    /// A piece of text that stays on one line.
    struct Piece {
        /// The bytes of the piece without the white space behind it.
        var bytes: Range<Int>
        /// Its letters, to tell a lone short word.
        var letters: Int
        /// Distance from the start of the text to its first letter.
        var start: Double
        /// Distance from the start of the text to behind its last letter.
        var end: Double
        /// True when a line must end behind it.
        var endsLine: Bool
        /// True when a line that ends behind it cuts what belongs together, such as a Chinese word.
        var endsBadly: Bool
    }

    /// A line with a bad end counts as so much wider.
    private static let badEnd = 1.25

    let pieces: [Piece]

    /// The least number of lines: one, and one for each break that the author made.
    var minimumLines: Int { 1 + pieces.dropLast().filter(\.endsLine).count }

    /// The partition into so many lines whose widest line is narrowest, and which is most even among those;
    /// `nil` when there are fewer pieces than lines, or more breaks of the author's.
    func lines(_ count: Int) -> [Range<Int>]? {
        guard count >= minimumLines, count <= pieces.count else { return nil }
        let widest = solve(count, widest: .infinity) { max($0, $1) }
        let limit = widest.cost * 1.03
        let mean = total / Double(count)
        let even = solve(count, widest: limit) { cost, width in
            cost + (width - mean) * (width - mean)
        }
        return even.cost.isFinite ? even.lines : widest.lines
    }

    /// The width of a line of these pieces.
    func width(_ line: Range<Int>) -> Double {
        pieces[line.upperBound - 1].end - pieces[line.lowerBound].start
    }

    /// The width, more for a line that ends where it should not.
    private func weight(_ line: Range<Int>) -> Double {
        let endsBadly = line.upperBound < pieces.count && pieces[line.upperBound - 1].endsBadly
        return width(line) * (endsBadly ? Self.badEnd : 1)
    }

    /// How many lines end where they should not.
    func badBreaks(_ lines: [Range<Int>]) -> Int {
        lines.dropLast().filter { pieces[$0.upperBound - 1].endsBadly }.count
    }

    /// The widest line as a multiple of the narrowest.
    func raggedness(_ lines: [Range<Int>]) -> Double {
        let widths = lines.map(width)
        return (widths.max() ?? 1) / max(widths.min() ?? 1, 1)
    }

    /// The bytes of a line of these pieces.
    func bytes(_ line: Range<Int>) -> Range<Int> {
        pieces[line.lowerBound].bytes.lowerBound..<pieces[line.upperBound - 1].bytes.upperBound
    }

    private var total: Double { (pieces.last?.end ?? 0) - (pieces.first?.start ?? 0) }

    /// Dynamic programming over the end of the last line; `join` adds a line's width to the cost before it. Lines
    /// wider than `widest` do not count.
    private func solve(
        _ count: Int, widest: Double, join: (Double, Double) -> Double
    ) -> (cost: Double, lines: [Range<Int>]) {
        let end = pieces.count
        var costs = [[Double]](repeating: [Double](repeating: .infinity, count: end + 1), count: count + 1)
        var origins = [[Int]](repeating: [Int](repeating: 0, count: end + 1), count: count + 1)
        costs[0][0] = 0
        for line in 1...count {
            for last in line...end {
                for first in stride(from: last - 1, through: line - 1, by: -1) {
                    // A break of the author's before `last` ends every longer line, too.
                    if first < last - 1, pieces[first].endsLine { break }
                    // A line that begins earlier is wider still.
                    if width(first..<last) > widest { break }
                    let weight = weight(first..<last)
                    guard costs[line - 1][first].isFinite, weight <= widest else { continue }
                    let cost = join(costs[line - 1][first], weight)
                    if cost < costs[line][last] {
                        costs[line][last] = cost
                        origins[line][last] = first
                    }
                }
            }
        }
        return (costs[count][end], lines(origins, count, end))
    }

    /// True for a line of one word of up to three letters.
    func isOrphan(_ line: Range<Int>) -> Bool {
        line.count == 1 && pieces[line.lowerBound].letters <= 3
    }

    private func lines(_ origins: [[Int]], _ count: Int, _ end: Int) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var last = end
        for line in stride(from: count, to: 0, by: -1) {
            lines.append(origins[line][last]..<last)
            last = origins[line][last]
        }
        return lines.reversed()
    }
}
