import CPango
import Glibc
import ThumbwireKit

/// One text on its way to a size and lines.
///
/// Advances are measured once at a reference size and scaled; each number of lines gets its most even partition,
/// whose real ink gives the size it allows; the best is shaped at that size and checked.
struct FitAttempt {
    /// One more line must bring this much more size.
    private static let lineGain = 1.08
    /// Lines of very different widths must bring this much more size.
    private static let raggedGain = 1.12
    /// Each line that cuts what belongs together must bring this much more size.
    private static let badBreakGain = 1.22
    /// How many times wider than the narrowest line the widest may be.
    private static let greatestRaggedness = 2.6
    /// Lines to which a text that is too long for its fit may grow.
    private static let mostLines = 16
    /// A lone short word on the last line must bring this much more size.
    private static let orphanGain = 1.25
    /// The least distance of one line's ink to the next, in em and in widths of the outline.
    private static let leastGap = (em: 0.03, strokes: 1.5)
    /// A size in pixels below which letters are no letters.
    private static let smallestSize = 4.0

    let layer: TextLayer
    let text: PreparedText
    let face: TextLayer.Font
    let box: PixelRect
    let shorterSide: Double
    let shaper: TextShaper
    /// True when the text kept neither its least size nor its number of lines.
    private(set) var exceedsFit = false

    init(
        layer: TextLayer, text: PreparedText, face: TextLayer.Font, box: PixelRect, shorterSide: Double,
        shaper: TextShaper
    ) {
        self.layer = layer
        self.text = text
        self.face = face
        self.box = box
        self.shorterSide = shorterSide
        self.shaper = shaper
    }

    /// The placed text; no lines when there is nothing to draw or no room.
    mutating func run() -> FittedText {
        let isRightToLeft = TextShaper.isRightToLeft(text.bytes)
        shaper.prepare(language: text.language, isRightToLeft: isRightToLeft)
        let nothing = FittedText(fontSize: minimum, stroke: 0, lines: [])
        guard !text.bytes.isEmpty, box.width > 1, box.height > 1 else { return nothing }
        let reference = MeasuredText.referenceSize
        let whole = shaper.line(text.bytes[...], face: face, size: reference, tracking: tracking)
        let measured = MeasuredText(text.bytes, line: whole)
        guard let candidate = bestCandidate(measured, isRightToLeft) else { return nothing }
        exceedsFit = candidate.size < minimum * 0.995 || candidate.exceedsLines
        return place(candidate, isRightToLeft)
    }

    private var minimum: Double { layer.fit.minimum.within(4) * shorterSide }
    private var maximum: Double { max(layer.fit.maximum, layer.fit.minimum).within(4) * shorterSide }
    private var strokeEm: Double { max(layer.stroke?.width ?? 0, 0).within(1) }
    private var tracking: Double { layer.tracking.within(2) }
    private var maximumLines: Int { min(max(layer.fit.maximumLines, 1), Self.mostLines) }

    /// Whole words if they stay readable; else words broken between letters, or more lines than asked for,
    /// whichever comes out larger.
    private func bestCandidate(_ measured: MeasuredText, _ isRightToLeft: Bool) -> Candidate? {
        let breaker = LineBreaker(pieces: measured.pieces())
        let least = breaker.minimumLines
        let whole = best(of: breaker, least...max(maximumLines, least))
        guard let whole, whole.size < minimum else { return whole }
        var candidates = [whole]
        // Letters that join across the break would lose their shape.
        if !isRightToLeft {
            let letters = LineBreaker(pieces: measured.pieces(breakingAnywhere: true))
            candidates += [best(of: letters, least...max(maximumLines, least))].compactMap(\.self)
        }
        let more = maximumLines + 1
        if more <= Self.mostLines,
            var taller = best(of: breaker, max(more, least)...max(Self.mostLines, least))
        {
            taller.exceedsLines = true
            candidates.append(taller)
        }
        // Each step away from what was asked must bring a third more.
        return candidates.dropFirst().reduce(whole) { $1.size > $0.size * 1.3 ? $1 : $0 }
    }

    private func best(of breaker: LineBreaker, _ counts: ClosedRange<Int>) -> Candidate? {
        guard !breaker.pieces.isEmpty else { return nil }
        var best: Candidate?
        for count in counts {
            guard let lines = breaker.lines(count) else { break }
            var candidate = Candidate(lines: lines.map(breaker.bytes), size: 0)
            candidate.size = size(of: candidate)
            candidate.score = candidate.size
            if count > 1, lines.last.map(breaker.isOrphan) == true { candidate.score /= Self.orphanGain }
            candidate.score /= pow(Self.badBreakGain, Double(breaker.badBreaks(lines)))
            if breaker.raggedness(lines) > Self.greatestRaggedness { candidate.score /= Self.raggedGain }
            guard let current = best else {
                best = candidate
                continue
            }
            if candidate.score > current.score * Self.lineGain { best = candidate }
        }
        return best
    }

    /// The largest size at which the ink of these lines fits the box.
    private func size(of candidate: Candidate) -> Double {
        let reference = MeasuredText.referenceSize
        let lines = shape(candidate, size: reference)
        let width = lines.map { $0.shaped.extents.right - $0.shaped.extents.left }.max() ?? 0
        let height = blockHeight(lines, size: reference)
        let stroke = 2 * strokeEm
        let across = box.width / max(width / reference + stroke, 0.01)
        let down = box.height / max(height / reference + stroke, 0.01)
        return max(min(across, down, maximum), Self.smallestSize)
    }

    /// Shapes at the size found, and steps down while the ink still exceeds the box.
    private func place(_ candidate: Candidate, _ isRightToLeft: Bool) -> FittedText {
        var size = candidate.size
        while true {
            let lines = shape(candidate, size: size)
            var fitted = FittedText(fontSize: size, stroke: strokeEm * size, lines: lines)
            arrange(&fitted, isRightToLeft)
            guard let ink = fitted.ink, size > Self.smallestSize,
                ink.width > box.width + 0.25 || ink.height > box.height + 0.25
            else { return fitted }
            size *= 0.98
        }
    }

    private func shape(_ candidate: Candidate, size: Double) -> [FittedText.Line] {
        candidate.lines.map { bytes in
            let slice = text.bytes[bytes]
            let line = shaper.line(
                slice, face: face, size: size, tracking: tracking, spans: spans(in: bytes))
            return FittedText.Line(shaped: line, text: String(decoding: slice, as: UTF8.self))
        }
    }

    /// The layer's coloured runs that touch a line, in bytes of that line.
    private func spans(in line: Range<Int>) -> [tw_span] {
        layer.spans.compactMap { span in
            let run = text.byteRange(of: span.range).clamped(to: line)
            guard !run.isEmpty else { return nil }
            return tw_span(
                start: UInt32(run.lowerBound - line.lowerBound),
                end: UInt32(run.upperBound - line.lowerBound),
                red: Double(span.fill.red) / 255, green: Double(span.fill.green) / 255,
                blue: Double(span.fill.blue) / 255, alpha: min(max(span.fill.alpha, 0), 1))
        }
    }

    /// The distance of baselines: the layer's, unless the ink of two neighbours would touch.
    private func lineDistance(_ lines: [FittedText.Line], size: Double) -> Double {
        zip(lines, lines.dropFirst()).reduce(layer.lineHeight.within(4) * size) { distance, pair in
            let ink = pair.0.shaped.extents.descent + pair.1.shaped.extents.ascent
            return max(distance, ink + (Self.leastGap.em + Self.leastGap.strokes * strokeEm) * size)
        }
    }

    private func blockHeight(_ lines: [FittedText.Line], size: Double) -> Double {
        guard let first = lines.first, let last = lines.last else { return 0 }
        return first.shaped.extents.ascent + last.shaped.extents.descent
            + Double(lines.count - 1) * lineDistance(lines, size: size)
    }

    /// Gives every line its place, by ink, so that margins look as they are meant.
    private func arrange(_ fitted: inout FittedText, _ isRightToLeft: Bool) {
        guard let first = fitted.lines.first else { return }
        let height = blockHeight(fitted.lines, size: fitted.fontSize) + 2 * fitted.stroke
        let slack = box.height - height
        let top =
            switch layer.verticalAlignment {
            case .top: box.y
            case .middle: box.y + slack / 2
            case .bottom: box.y + slack
            }
        var baseline = top + fitted.stroke + first.shaped.extents.ascent
        let distance = lineDistance(fitted.lines, size: fitted.fontSize)
        for index in fitted.lines.indices {
            let extents = fitted.lines[index].shaped.extents
            let slack = box.width - (extents.right - extents.left) - 2 * fitted.stroke
            let share = share(isRightToLeft)
            fitted.lines[index].x = box.x + fitted.stroke - extents.left + slack * share
            fitted.lines[index].baseline = baseline
            baseline += distance
        }
    }

    /// How much of the free width lies left of a line.
    private func share(_ isRightToLeft: Bool) -> Double {
        switch layer.alignment {
        case .start: isRightToLeft ? 1 : 0
        case .center: 0.5
        case .end: isRightToLeft ? 0 : 1
        }
    }

    /// A way to break the text: the bytes of each line, and the size it allows.
    private struct Candidate {
        var lines: [Range<Int>]
        var size: Double
        /// The size, less what its lines look worse.
        var score = 0.0
        /// More lines than the layer asks for.
        var exceedsLines = false
    }
}
