import Glibc
import Imaging
import ThumbwireKit

/// Editor windows with lines of code, tilted.
struct StudioWindows {
    /// A window's place and tilt; points inside it are given from its top left corner.
    private struct Frame {
        let x: Double
        let y: Double
        let width: Double
        let height: Double
        let angle: Double

        /// The canvas place of a point of the window.
        func place(_ u: Double, _ v: Double) -> (x: Double, y: Double) {
            let (dx, dy) = (u - width / 2, v - height / 2)
            let (sine, cosine) = (sin(angle * .pi / 180), cos(angle * .pi / 180))
            return (x + dx * cosine - dy * sine, y + dx * sine + dy * cosine)
        }
    }

    let scene: StudioScene

    func layers(_ pen: StudioPen, _ random: inout StudioRandom) -> [Layer] {
        var layers: [Layer] = []
        for frame in frames(pen, &random) { layers += window(frame, pen, &random) }
        return layers
    }

    private func frames(_ pen: StudioPen, _ random: inout StudioRandom) -> [Frame] {
        func frame(_ x: Double, _ y: Double, _ width: Double, _ tilt: Double) -> Frame {
            let wide = width * pen.side
            return Frame(
                x: x * pen.width, y: y * pen.height, width: wide, height: wide * 0.70,
                angle: tilt + random.number(-1.5, 1.5))
        }
        let area = scene.subject
        let (x, y) = (scene.focus.x, scene.focus.y)
        if area.width > 0.9, area.height > 0.9 {
            // The title covers the middle: windows look in from the sides.
            return [
                frame(0.13, 0.20, 0.62, -8), frame(0.88, 0.22, 0.66, 7), frame(0.15, 0.86, 0.60, 5),
                frame(0.86, 0.84, 0.62, -6),
            ]
        }
        if pen.height > pen.width {
            return [frame(x - 0.16, y - 0.09, 0.72, -6), frame(x + 0.14, y + 0.08, 0.78, 4)]
        }
        if area.width > area.height * 1.05 {
            return [
                frame(x - 0.26, y + 0.02, 0.52, -6), frame(x + 0.26, y + 0.02, 0.52, 6),
                frame(x, y - 0.02, 0.66, 0),
            ]
        }
        return [
            frame(x + 0.07, y - 0.20, 0.68, 5), frame(x - 0.03, y + 0.21, 0.72, -4),
        ]
    }

    private func window(_ frame: Frame, _ pen: StudioPen, _ random: inout StudioRandom) -> [Layer] {
        let corner = 0.022
        var layers: [Layer] = []
        for step in (0..<6).reversed() {
            let grow = Double(step) * 0.012 * pen.side
            layers.append(
                pen.shape(
                    frame.x, frame.y + 0.018 * pen.side, frame.width + grow, frame.height + grow,
                    .rectangle(cornerRadius: corner * 1.6), fill: Color.black.withAlpha(0.09),
                    angle: frame.angle))
        }
        let body = scene.palette.ground.brightened(0.25).color
        let edge = scene.palette.light(0).brightened(0.75).color.withAlpha(0.55)
        layers.append(
            pen.shape(
                frame.x, frame.y, frame.width, frame.height, .rectangle(cornerRadius: corner), fill: body,
                stroke: Stroke(color: edge, width: 0.0025), angle: frame.angle))
        layers += bar(frame, pen)
        layers += code(frame, pen, &random)
        return layers
    }

    private func bar(_ frame: Frame, _ pen: StudioPen) -> [Layer] {
        let dot = frame.width * 0.024
        return ["#FF5F57", "#FEBC2E", "#28C840"].enumerated().map { index, hex in
            let place = frame.place(frame.width * (0.05 + 0.042 * Double(index)), frame.width * 0.05)
            return pen.shape(place.x, place.y, dot, dot, .ellipse, fill: Color(hex: hex))
        }
    }

    private func code(_ frame: Frame, _ pen: StudioPen, _ random: inout StudioRandom) -> [Layer] {
        let tones = [
            scene.palette.light(0).brightened(0.74), scene.palette.light(1).brightened(0.74),
            scene.palette.spark,
            scene.palette.ground.brightened(0.62), OKLab(lightness: 0.88, a: 0, b: 0),
        ]
        let rows = 10
        let pitch = (frame.height - frame.width * 0.13) / Double(rows)
        var layers: [Layer] = []
        var indent = 0
        for row in 0..<rows {
            let y = frame.width * 0.11 + (Double(row) + 0.5) * pitch
            var x = frame.width * (0.06 + 0.055 * Double(indent))
            for _ in 0..<1 + random.index(4) {
                let length = frame.width * random.number(0.05, 0.22)
                guard x + length < frame.width * 0.93 else { break }
                let place = frame.place(x + length / 2, y)
                let tone = tones[random.index(tones.count)]
                layers.append(
                    pen.shape(
                        place.x, place.y, length, pitch * 0.42, .rectangle(cornerRadius: 0.5),
                        fill: tone.color.withAlpha(0.92), angle: frame.angle))
                x += length + frame.width * 0.025
            }
            indent = max(0, min(3, indent + random.index(3) - 1))
        }
        return layers
    }
}
