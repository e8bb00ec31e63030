import Glibc
import Imaging
import ThumbwireKit

/// A darkening gradient behind a title, as strong as its letters need on this picture.
struct Scrim {
    /// The contrast that the worst twentieth of the region must have (WCAG 2.2 AA for text of any size).
    static let leastContrast = 4.5
    /// Stronger hides the picture.
    private static let strongest = 0.92

    let layout: LayoutType
    let side: TitleGeometry.Side
    let frame: TitleGeometry.Frame
    let ink: UnitRect

    /// The gradient at an opacity of 0–1 at its darkest.
    func gradient(_ strength: Double) -> GradientLayer {
        func stop(_ position: Double, _ share: Double) -> GradientLayer.Stop {
            .init(position: min(max(position, 0), 1), color: Color.black.withAlpha(strength * share))
        }
        /// Full to the far edge of the ink, then fading.
        func fade(_ angle: Double, inkEnd: Double, reach: Double) -> GradientLayer {
            let end = min(1, inkEnd + reach)
            return GradientLayer(
                shape: .linear(angle: angle),
                stops: [
                    stop(0, 1), stop(inkEnd * 0.75, 0.96), stop(inkEnd, 0.86), stop((inkEnd + end) / 2, 0.38),
                    stop(end, 0),
                    stop(1, 0),
                ])
        }
        switch direction {
        case .left: return fade(90, inkEnd: ink.x + ink.width, reach: 0.28)
        case .right: return fade(270, inkEnd: 1 - ink.x, reach: 0.28)
        case .top: return fade(180, inkEnd: ink.y + ink.height, reach: 0.25)
        case .bottom: return fade(0, inkEnd: 1 - ink.y, reach: 0.25)
        case nil: return band(stop)
        }
    }

    /// Where the dark side is; `nil` is around the middle.
    private var direction: TitleGeometry.Side? {
        switch layout {
        case .textBottom: .bottom
        case .textCenter: nil
        case .fullBleed: frame == .portrait ? (side == .top || side == .left ? .top : .bottom) : side
        case .textLeft: frame == .portrait ? .top : .left
        case .textRight: frame == .portrait ? nil : .right
        }
    }

    /// A horizontal band over all of the width that is full behind the ink and fades above and below.
    private func band(_ stop: (Double, Double) -> GradientLayer.Stop) -> GradientLayer {
        let (top, bottom) = (ink.y, ink.y + ink.height)
        return GradientLayer(
            shape: .linear(angle: 180),
            stops: [
                stop(max(0, top - 0.25), 0.35), stop(max(0, top - 0.02), 0.95), stop((top + bottom) / 2, 1),
                stop(min(1, bottom + 0.02), 0.95), stop(min(1, bottom + 0.25), 0.35),
            ])
    }

    /// The weakest strength from `least` up at which `fill` has the contrast on all but a twentieth of the
    /// region, and the contrast it comes to.
    func solve(
        _ grid: PictureGrid, fill: Color, least: Double
    ) -> (strength: Double, contrast: Double) {
        let atLeast = contrast(grid, fill, least)
        if atLeast >= Self.leastContrast { return (least, atLeast) }
        let (full, atMost) = (Self.strongest, contrast(grid, fill, Self.strongest))
        guard atMost >= Self.leastContrast else { return (full, atMost) }
        var (low, high) = (least, full)
        for _ in 0..<7 {
            let middle = (low + high) / 2
            if contrast(grid, fill, middle) >= Self.leastContrast { high = middle } else { low = middle }
        }
        return (high, contrast(grid, fill, high))
    }

    private func contrast(_ grid: PictureGrid, _ fill: Color, _ strength: Double) -> Double {
        let gradient = gradient(strength)
        let (columns, rows) = grid.cells(in: ink)
        var values: [Double] = []
        values.reserveCapacity(columns.count * rows.count)
        for row in rows {
            for column in columns {
                let place = UnitPoint(
                    x: (Double(column) + 0.5) / Double(grid.size.width),
                    y: (Double(row) + 0.5) / Double(grid.size.height))
                let left = Float(1 - gradient.alpha(at: place))
                values.append(
                    LuminanceStatistics.luminance(grid.cells[row * grid.size.width + column] * left))
            }
        }
        return LuminanceStatistics(of: &values).worstContrast(of: fill)
    }
}

extension GradientLayer {
    /// The opacity of a linear gradient over all of the canvas at right angles to its edges.
    fileprivate func alpha(at place: UnitPoint) -> Double {
        guard case .linear(let angle) = shape else { return 0 }
        let position =
            switch angle {
            case 90: place.x
            case 270: 1 - place.x
            case 180: place.y
            default: 1 - place.y
            }
        guard var before = stops.first else { return 0 }
        if position <= before.position { return before.color.alpha }
        for stop in stops.dropFirst() {
            if position <= stop.position {
                let width = stop.position - before.position
                let share = width > 0 ? (position - before.position) / width : 1
                return before.color.alpha + (stop.color.alpha - before.color.alpha) * share
            }
            before = stop
        }
        return before.color.alpha
    }
}
