import ThumbwireKit

/// Where a layout puts the title, by the shape of the canvas; fractions of the canvas.
struct TitleGeometry: Hashable, Sendable {
    /// The three shapes of canvas that layouts tell apart.
    enum Frame: Hashable, Sendable {
        case landscape, square, portrait

        init(_ size: PixelSize) {
            let aspect = Double(size.width) / Double(size.height)
            self = aspect >= 1.25 ? .landscape : aspect > 0.8 ? .square : .portrait
        }
    }

    /// Where FullBleed can go.
    enum Side: String, Hashable, Sendable, CaseIterable {
        case top, bottom, left, right
    }

    let frame: Frame

    init(_ size: PixelSize) {
        frame = Frame(size)
    }

    /// The box that the title fits itself into; `side` matters for FullBleed alone.
    func box(for layout: LayoutType, side: Side = .top) -> UnitRect {
        switch frame {
        case .landscape: landscapeBox(layout, side)
        case .square: squareBox(layout, side)
        case .portrait: portraitBox(layout, side)
        }
    }

    private func landscapeBox(_ layout: LayoutType, _ side: Side) -> UnitRect {
        switch layout {
        case .textLeft: UnitRect(x: 0.05, y: 0.08, width: 0.50, height: 0.80)
        case .textRight: UnitRect(x: 0.45, y: 0.08, width: 0.50, height: 0.74)
        case .textCenter: UnitRect(x: 0.08, y: 0.18, width: 0.84, height: 0.60)
        case .textBottom: UnitRect(x: 0.05, y: 0.50, width: 0.78, height: 0.42)
        case .fullBleed:
            switch side {
            case .top: UnitRect(x: 0.05, y: 0.06, width: 0.90, height: 0.42)
            case .bottom: UnitRect(x: 0.05, y: 0.50, width: 0.78, height: 0.42)
            case .left: UnitRect(x: 0.05, y: 0.08, width: 0.50, height: 0.80)
            case .right: UnitRect(x: 0.45, y: 0.08, width: 0.50, height: 0.74)
            }
        }
    }

    private func squareBox(_ layout: LayoutType, _ side: Side) -> UnitRect {
        switch layout {
        case .textLeft: UnitRect(x: 0.05, y: 0.08, width: 0.60, height: 0.80)
        case .textRight: UnitRect(x: 0.35, y: 0.08, width: 0.60, height: 0.76)
        case .textCenter: UnitRect(x: 0.07, y: 0.20, width: 0.86, height: 0.58)
        case .textBottom: UnitRect(x: 0.05, y: 0.52, width: 0.76, height: 0.40)
        case .fullBleed:
            switch side {
            case .top: UnitRect(x: 0.05, y: 0.06, width: 0.90, height: 0.38)
            case .bottom: UnitRect(x: 0.05, y: 0.54, width: 0.78, height: 0.38)
            case .left: UnitRect(x: 0.05, y: 0.08, width: 0.55, height: 0.80)
            case .right: UnitRect(x: 0.40, y: 0.08, width: 0.55, height: 0.76)
            }
        }
    }

    /// All inside what Shorts leave free: from 10 to 85 % of the width and 15 to 75 % of the height.
    private func portraitBox(_ layout: LayoutType, _ side: Side) -> UnitRect {
        switch layout {
        case .textLeft: UnitRect(x: 0.10, y: 0.16, width: 0.72, height: 0.30)
        case .textRight: UnitRect(x: 0.10, y: 0.45, width: 0.72, height: 0.28)
        case .textCenter: UnitRect(x: 0.10, y: 0.30, width: 0.75, height: 0.35)
        case .textBottom: UnitRect(x: 0.10, y: 0.50, width: 0.75, height: 0.24)
        case .fullBleed:
            side == .top || side == .left
                ? UnitRect(x: 0.10, y: 0.16, width: 0.75, height: 0.28)
                : UnitRect(x: 0.10, y: 0.47, width: 0.75, height: 0.27)
        }
    }

    func alignment(for layout: LayoutType, side: Side) -> TextLayer.Alignment {
        switch layout {
        case .textLeft, .textRight, .textBottom: .start
        case .textCenter: .center
        case .fullBleed: frame == .portrait || side == .top ? .center : .start
        }
    }

    func verticalAlignment(for layout: LayoutType, side: Side) -> TextLayer.VerticalAlignment {
        switch layout {
        case .textLeft, .textRight, .textCenter: .middle
        case .textBottom: .bottom
        case .fullBleed: side == .top ? .top : side == .bottom ? .bottom : .middle
        }
    }

    /// What the platform's interface covers.
    var safeAreas: [Composition.SafeArea] {
        func area(_ id: String, _ x: Double, _ y: Double, _ width: Double, _ height: Double)
            -> Composition.SafeArea
        {
            Composition.SafeArea(id: id, rect: UnitRect(x: x, y: y, width: width, height: height))
        }
        if frame == .portrait {
            return [
                area("shorts-top", 0, 0, 1, 0.15), area("shorts-bottom", 0, 0.75, 1, 0.25),
                area("shorts-actions", 0.85, 0.45, 0.15, 0.30),
            ]
        }
        return [area("youtube-duration", 0.84, 0.87, 0.16, 0.13), area("youtube-progress", 0, 0.97, 1, 0.03)]
    }
}
