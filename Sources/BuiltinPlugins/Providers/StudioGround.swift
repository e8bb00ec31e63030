import Glibc
import Imaging
import ThumbwireKit

/// Soft fields of colour, computed small and enlarged: nothing in them is sharp.
struct StudioGround {
    /// A field: a colour around a centre; lengths in fractions of the longer side.
    private struct Field {
        var x: Double
        var y: Double
        var radius: Double
        var color: OKLab
        var weight: Double
    }

    private static let longerSide = 128

    let scene: StudioScene

    func picture(_ random: inout StudioRandom) -> PixelBuffer {
        let fields = fields(&random)
        let longest = max(scene.size.width, scene.size.height)
        let small = PixelSize(
            width: max(4, scene.size.width * Self.longerSide / longest),
            height: max(4, scene.size.height * Self.longerSide / longest))
        let buffer = PixelBuffer(size: small)
        let pixels = buffer.base.assumingMemoryBound(to: UInt32.self)
        let unit = 1 / Double(Self.longerSide)
        let warp = random.number(0, 6)
        for row in 0..<small.height {
            for column in 0..<small.width {
                // A slow ripple keeps the fields from looking like circles.
                let (u, v) = (Double(column) * unit, Double(row) * unit)
                let x = u + 0.05 * sin(v * 7 + warp)
                let y = v + 0.05 * sin(u * 6 + warp * 2)
                let color = color(x, y, fields).color
                pixels[row * small.width + column] =
                    0xFF00_0000 | UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
            }
        }
        return Resampler.resize(buffer, to: scene.size)
    }

    private func color(_ x: Double, _ y: Double, _ fields: [Field]) -> OKLab {
        var (l, a, b) = (scene.palette.ground.lightness, scene.palette.ground.a, scene.palette.ground.b)
        for field in fields {
            let (dx, dy) = (x - field.x, y - field.y)
            let share = field.weight * exp(-(dx * dx + dy * dy) / (field.radius * field.radius))
            l += (field.color.lightness - l) * share
            a += (field.color.a - a) * share
            b += (field.color.b - b) * share
        }
        return OKLab(lightness: l, a: a, b: b)
    }

    private func fields(_ random: inout StudioRandom) -> [Field] {
        let palette = scene.palette
        let longest = Double(max(scene.size.width, scene.size.height))
        let (width, height) = (Double(scene.size.width) / longest, Double(scene.size.height) / longest)
        let (x, y) = (scene.focus.x * width, scene.focus.y * height)
        func field(_ x: Double, _ y: Double, _ radius: Double, _ color: OKLab, _ weight: Double) -> Field {
            Field(x: x, y: y, radius: radius, color: color, weight: weight)
        }
        func jitter() -> Double { random.number(-0.12, 0.12) }
        let base = [
            field(x + jitter(), y + jitter(), 0.55, palette.deep, 0.9),
            field(x + 0.22 + jitter(), y - 0.18 + jitter(), 0.36, palette.light(0), 0.8),
            field(x - 0.20 + jitter(), y + 0.20 + jitter(), 0.32, palette.light(1), 0.75),
        ]
        switch scene.style {
        case .mesh:
            return base + [
                field(width * 0.1, height * 0.95, 0.35, palette.light(0), 0.55),
                field(width * 0.92, height * 0.05, 0.28, palette.spark, 0.55),
                field(x + jitter(), y + jitter(), 0.16, palette.spark, 0.35),
            ]
        case .bokeh, .rings, .chart, .windows, .dots:
            return base
        case .rays:
            return [field(x, y, 0.7, palette.deep, 1), field(x, y, 0.42, palette.light(0), 0.85)]
        case .waves:
            return [
                field(x, 0.05, 0.6, palette.light(0), 0.8),
                field(x, height * 0.35, 0.35, palette.light(1), 0.8),
                field(x, height * 0.42, 0.2, palette.spark, 0.7),
            ]
        case .grid:
            return [
                field(width / 2, height * 0.58, 0.5, palette.deep, 1),
                field(x, height * 0.56, 0.3, palette.light(1), 0.75),
            ]
        case .stars:
            return [
                field(x + jitter(), y + jitter(), 0.42, palette.deep, 1),
                field(x + 0.1 + jitter(), y + jitter(), 0.25, palette.light(1), 0.6),
                field(x - 0.15 + jitter(), y + jitter(), 0.18, palette.light(0), 0.5),
            ]
        }
    }
}
