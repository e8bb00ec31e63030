import Glibc
import Imaging
import ThumbwireKit

/// The drawn part of a background: figures with sharp edges, as layers.
struct StudioMotif {
    let scene: StudioScene

    func layers(_ random: inout StudioRandom) -> [Layer] {
        let pen = StudioPen(scene.size)
        switch scene.style {
        case .bokeh: return bokeh(pen, &random)
        case .windows: return StudioWindows(scene: scene).layers(pen, &random)
        case .chart: return chart(pen, &random)
        case .rings: return rings(pen, &random)
        case .dots: return dots(pen)
        case .stars: return stars(pen, &random)
        case .mesh: return ribbons(pen, &random)
        case .rays: return [glow(pen, radius: 0.5, opacity: 0.55)]
        case .waves, .grid: return []
        }
    }

    /// A soft light at the focus; `radius` in fractions of the shorter side.
    private func glow(_ pen: StudioPen, radius: Double, opacity: Double) -> Layer {
        let light = scene.palette.spark.color
        let rect = pen.rect(
            x: scene.focus.x * pen.width, y: scene.focus.y * pen.height, width: 2 * radius * pen.side,
            height: 2 * radius * pen.side)
        return Layer(
            id: "glow",
            content: .gradient(
                GradientLayer(
                    rect: rect, shape: .radial(center: UnitPoint(x: 0.5, y: 0.5), radius: 0.5.squareRoot()),
                    stops: [
                        .init(position: 0, color: light.withAlpha(opacity)),
                        .init(position: 0.35, color: light.withAlpha(opacity * 0.45)),
                        .init(position: 1, color: light.withAlpha(0)),
                    ])))
    }

    private func bokeh(_ pen: StudioPen, _ random: inout StudioRandom) -> [Layer] {
        (0..<46).map { index in
            let isLarge = index < 14
            // Two thirds of the discs gather around the subject.
            let gathers = index % 3 != 0
            let spread = gathers ? scene.subject : UnitRect(x: -0.05, y: -0.05, width: 1.1, height: 1.1)
            let x = (spread.x + spread.width * random.number(-0.1, 1.1)) * pen.width
            let y = (spread.y + spread.height * random.number(-0.1, 1.1)) * pen.height
            let size = pen.side * (isLarge ? random.number(0.12, 0.30) : random.number(0.02, 0.10))
            let choice = random.index(5)
            let tone = choice == 0 ? scene.palette.spark : scene.palette.light(choice).brightened(0.72)
            let alpha = isLarge ? random.number(0.10, 0.26) : random.number(0.25, 0.6)
            let color = tone.color.withAlpha(alpha)
            let rim = Stroke(color: tone.brightened(0.88).color.withAlpha(alpha * 0.8), width: 0.0022)
            return pen.shape(x, y, size, size, .ellipse, fill: color, stroke: isLarge ? rim : nil)
        }
    }

    /// Broad translucent bands across the fields.
    private func ribbons(_ pen: StudioPen, _ random: inout StudioRandom) -> [Layer] {
        let angle = random.number(24, 52) * (scene.focus.x > 0.5 ? -1 : 1)
        var layers: [Layer] = []
        for index in 0..<5 {
            let along = Double(index) / 5 - 0.35
            let x = (scene.focus.x + along * 0.9) * pen.width
            let y = (scene.focus.y + along * 0.35) * pen.height
            let thickness = pen.side * random.number(0.08, 0.24)
            let tone = index == 2 ? scene.palette.spark : scene.palette.light(index).brightened(0.72)
            layers.append(
                pen.shape(
                    x, y, 2.6 * max(pen.width, pen.height), thickness, .rectangle(cornerRadius: 0.5),
                    fill: tone.color.withAlpha(index == 2 ? 0.20 : 0.13), angle: angle))
        }
        return layers
    }

    /// Bars that rise to the right, with a line of points above them.
    private func chart(_ pen: StudioPen, _ random: inout StudioRandom) -> [Layer] {
        let area = scene.subject
        let count = 7
        let (left, width) = (area.x * pen.width, area.width * pen.width)
        let (bottom, height) = ((area.y + area.height) * pen.height, area.height * pen.height)
        let pitch = width / Double(count)
        var layers = [glow(pen, radius: 0.6, opacity: 0.3)]
        var tops: [(x: Double, y: Double)] = []
        for index in 0..<count {
            let growth = pow(Double(index + 1) / Double(count), 1.35)
            let tall = height * min(0.9, 0.12 + 0.66 * growth + random.number(-0.05, 0.05))
            let x = left + (Double(index) + 0.5) * pitch
            let tone =
                index == count - 1
                ? scene.palette.spark : scene.palette.light(index).brightened(0.5 + 0.04 * Double(index))
            layers.append(
                pen.shape(
                    x, bottom - tall / 2, pitch * 0.66, tall, .rectangle(cornerRadius: 0.016),
                    fill: tone.color.withAlpha(0.9)))
            layers.append(
                pen.shape(
                    x - pitch * 0.2, bottom - tall / 2, pitch * 0.1, tall * 0.94,
                    .rectangle(cornerRadius: 0.01),
                    fill: Color.white.withAlpha(0.18)))
            tops.append((x, bottom - tall - 0.07 * height))
        }
        for (from, to) in zip(tops, tops.dropFirst()) {
            layers.append(pen.line(from, to, thickness: 0.011 * pen.side, color: .white))
        }
        for top in tops {
            layers.append(
                pen.shape(
                    top.x, top.y, 0.034 * pen.side, 0.034 * pen.side, .ellipse, fill: .white,
                    stroke: Stroke(color: scene.palette.deep.color, width: 0.004)))
        }
        return layers
    }

    /// Circles around a bright core, with a few bodies on them.
    private func rings(_ pen: StudioPen, _ random: inout StudioRandom) -> [Layer] {
        let (x, y) = (scene.focus.x * pen.width, scene.focus.y * pen.height)
        var layers = [glow(pen, radius: 0.62, opacity: 0.7)]
        for index in 1...8 {
            let size = pen.side * 0.2 * pow(Double(index), 1.12)
            let tone = scene.palette.light(index).brightened(0.80)
            let alpha = 0.75 - 0.075 * Double(index)
            layers.append(
                pen.shape(
                    x, y, size, size, .ellipse, fill: nil,
                    stroke: Stroke(color: tone.color.withAlpha(alpha), width: index % 3 == 0 ? 0.004 : 0.0016)
                ))
            guard index > 1 else { continue }
            let angle = random.number(0, 2 * .pi)
            let body = pen.side * random.number(0.018, 0.05)
            let light = index % 2 == 0 ? scene.palette.spark : tone
            layers.append(
                pen.shape(
                    x + size / 2 * cos(angle), y + size / 2 * sin(angle), body, body, .ellipse,
                    fill: light.color, stroke: Stroke(color: light.color.withAlpha(0.25), width: 0.010)))
        }
        let core = pen.side * 0.11
        layers.append(pen.shape(x, y, core, core, .ellipse, fill: scene.palette.spark.brightened(0.95).color))
        return layers
    }

    /// A halftone that grows towards the subject.
    private func dots(_ pen: StudioPen) -> [Layer] {
        let pitch = pen.side / 17
        let (x, y) = (scene.focus.x * pen.width, scene.focus.y * pen.height)
        let reach = 0.62 * max(pen.width, pen.height)
        var layers: [Layer] = []
        for row in 0...Int(pen.height / pitch) + 1 {
            for column in 0...Int(pen.width / pitch) + 1 {
                let place = (
                    x: (Double(column) + (row % 2 == 0 ? 0 : 0.5)) * pitch, y: Double(row) * pitch
                )
                let distance = hypot(place.x - x, place.y - y) / reach
                guard distance < 1 else { continue }
                let size = pitch * 0.82 * pow(1 - distance, 0.8)
                let tone = distance < 0.33 ? scene.palette.spark : scene.palette.light(0).brightened(0.68)
                layers.append(
                    pen.shape(
                        place.x, place.y, size, size, .ellipse,
                        fill: tone.color.withAlpha(0.20 + 0.6 * (1 - distance))))
            }
        }
        return layers
    }

    private func stars(_ pen: StudioPen, _ random: inout StudioRandom) -> [Layer] {
        var layers: [Layer] = (0..<260).map { index in
            let isBright = index % 16 == 0
            let size = pen.side * (isBright ? random.number(0.006, 0.011) : random.number(0.0015, 0.004))
            let alpha = isBright ? 0.95 : random.number(0.3, 0.85)
            let halo = Stroke(color: scene.palette.spark.color.withAlpha(0.28), width: size / pen.side * 0.7)
            return pen.shape(
                random.number(0, 1) * pen.width, random.number(0, 1) * pen.height, size, size, .ellipse,
                fill: Color.white.withAlpha(alpha), stroke: isBright ? halo : nil)
        }
        layers += planet(pen)
        return layers
    }

    /// A lit ball: its night side is a darker ball that is set off and shows through.
    private func planet(_ pen: StudioPen) -> [Layer] {
        let size = 0.52 * pen.side
        let (x, y) = (scene.focus.x * pen.width, scene.focus.y * pen.height)
        let lit = scene.palette.light(0).brightened(0.74).color
        let rim = scene.palette.spark.brightened(0.88).color
        var layers = [
            glow(pen, radius: 0.55, opacity: 0.35),
            pen.shape(
                x, y, size, size, .ellipse, fill: lit, stroke: Stroke(color: rim.withAlpha(0.5), width: 0.004)
            ),
        ]
        // Growing circles from one side add up to a soft terminator.
        for step in 0..<14 {
            let share = Double(step) / 14
            let shift = size * (0.02 + 0.17 * share)
            let inner = size - 2 * shift * 1.02
            layers.append(
                pen.shape(
                    x + shift * 0.72, y + shift * 0.72, inner, inner, .ellipse,
                    fill: scene.palette.ground.color.withAlpha(0.16)))
        }
        return layers
    }
}
