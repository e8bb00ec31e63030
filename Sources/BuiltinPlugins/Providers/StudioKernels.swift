import Glibc
import Imaging
import ThumbwireKit

/// What is drawn pixel by pixel at full size.
struct StudioKernels {
    let scene: StudioScene

    func draw(on picture: PixelBuffer, _ random: inout StudioRandom) {
        switch scene.style {
        case .waves: drawWaves(on: picture, &random)
        case .grid: drawFloor(on: picture)
        case .rays: drawRays(on: picture, &random)
        case .mesh, .bokeh, .windows, .chart, .rings, .dots, .stars: break
        }
    }

    /// Five layered hills, each darker than the one behind it.
    private func drawWaves(on picture: PixelBuffer, _ random: inout StudioRandom) {
        let (width, height) = (picture.size.width, picture.size.height)
        let count = 5
        // As many hills to a length whatever the shape of the canvas.
        let breadth = min(1, Double(width) / Double(height))
        for layer in 0..<count {
            let share = Double(layer) / Double(count - 1)
            let near = scene.palette.ground
            let far = scene.palette.light(1)
            let color = OKLab(
                lightness: far.lightness * 0.85 + (near.lightness * 0.8 - far.lightness * 0.85) * share,
                a: far.a + (near.a - far.a) * share, b: far.b + (near.b - far.b) * share
            ).color
            let level = (0.46 + 0.44 * share) * Double(height)
            let swing = (0.075 - 0.02 * share) * Double(picture.size.shorterSide)
            let (first, second) = (random.number(1.2, 2.6) * breadth, random.number(3, 5) * breadth)
            let (shift, other) = (random.number(0, 6), random.number(0, 6))
            for column in 0..<width {
                let u = Double(column) / Double(width) * 2 * .pi
                let edge = level + swing * (sin(u * first + shift) + 0.35 * sin(u * second + other))
                fill(column, from: edge, color, on: picture)
            }
        }
    }

    private func fill(_ column: Int, from edge: Double, _ color: Color, on picture: PixelBuffer) {
        let first = max(0, Int(edge))
        guard first < picture.size.height else { return }
        let pixel = 0xFF00_0000 | UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
        let step = picture.stride / 4
        let pixels = picture.base.assumingMemoryBound(to: UInt32.self) + column
        let cover = UInt32(max(0, min(1, Double(first) + 1 - edge)) * 256)
        pixels[first * step] = mixed(pixels[first * step], pixel, cover)
        for row in first + 1..<max(first + 1, picture.size.height) { pixels[row * step] = pixel }
    }

    /// A floor of glowing lines in perspective, under a striped sun.
    private func drawFloor(on picture: PixelBuffer) {
        let (width, height) = (picture.size.width, picture.size.height)
        let horizon = Int(0.60 * Double(height))
        let line = scene.palette.light(1).brightened(0.78).color
        let lit = 0xFF00_0000 | UInt32(line.red) << 16 | UInt32(line.green) << 8 | UInt32(line.blue)
        let dark = scene.palette.ground.brightened(0.13).color
        let floor = 0xFF00_0000 | UInt32(dark.red) << 16 | UInt32(dark.green) << 8 | UInt32(dark.blue)
        drawSun(on: picture, horizon: horizon)
        let middle = scene.focus.x * Double(width)
        for row in horizon..<height {
            let depth = (Double(row - horizon) + 0.6) / Double(height - horizon)
            let distance = 1 / depth
            let spacing = depth * Double(width) * 0.09
            let near = distance * 2.2
            let gap = abs(near - near.rounded()) / (distance * distance * 2.2 / Double(height - horizon))
            let across = max(0, 1.6 - gap) / 1.6
            let pixels = (picture.base + row * picture.stride).assumingMemoryBound(to: UInt32.self)
            let fade = min(1, depth * 2.2)
            for column in 0..<width {
                let place = (Double(column) + 0.5 - middle) / spacing
                let off = abs(place - place.rounded()) * spacing
                let along = max(0, 1 + depth * 1.6 - off) / (1 + depth * 1.6)
                let glow = max(0, 1 - off / (spacing * 0.35)) * 0.14
                let light = min(1, max(across, along) * 0.9 + glow) * fade + (1 - fade) * 0.45
                pixels[column] = mixed(floor, lit, UInt32(light * 256))
            }
        }
    }

    private func drawSun(on picture: PixelBuffer, horizon: Int) {
        let radius = 0.26 * Double(picture.size.shorterSide)
        let (x, y) = (scene.focus.x * Double(picture.size.width), Double(horizon) - radius * 0.45)
        let top = scene.palette.spark.brightened(0.86).color
        let bottom = scene.palette.light(1).brightened(0.66).color
        for row in max(0, Int(y - radius) - 1)..<horizon {
            let pixels = (picture.base + row * picture.stride).assumingMemoryBound(to: UInt32.self)
            let share = max(0, min(1, (Double(row) - y + radius) / (1.5 * radius)))
            let pixel = mixed(
                0xFF00_0000 | UInt32(top.red) << 16 | UInt32(top.green) << 8 | UInt32(top.blue),
                0xFF00_0000 | UInt32(bottom.red) << 16 | UInt32(bottom.green) << 8 | UInt32(bottom.blue),
                UInt32(share * 256))
            // The lower half is cut by stripes that widen downwards.
            let stripe = (share * 8).truncatingRemainder(dividingBy: 1)
            if share > 0.45, stripe < (share - 0.3) * 0.55 { continue }
            let half = (radius * radius - (Double(row) - y) * (Double(row) - y))
            guard half > 0 else { continue }
            let (left, right) = (x - half.squareRoot(), x + half.squareRoot())
            for column in max(0, Int(left))..<min(picture.size.width, max(0, Int(right) + 1)) {
                let place = Double(column) + 0.5
                let cover = max(0, min(1, min(place - left, right - place) + 0.5))
                pixels[column] = mixed(pixels[column], pixel, UInt32(cover * 256))
            }
        }
    }

    /// A sunburst around the subject, fading outwards.
    private func drawRays(on picture: PixelBuffer, _ random: inout StudioRandom) {
        let count = Double(10 + random.index(5))
        let turn = random.number(0, 6)
        let (x, y) = (scene.focus.x * Double(picture.size.width), scene.focus.y * Double(picture.size.height))
        let reach = Double(max(picture.size.width, picture.size.height))
        let light = scene.palette.light(0).brightened(0.72).color
        let lit = 0xFF00_0000 | UInt32(light.red) << 16 | UInt32(light.green) << 8 | UInt32(light.blue)
        let table = (0..<4_096).map { step -> Float in
            let angle = Double(step) / 4_096 * 2 * .pi
            // A steep sine is a square wave with soft edges.
            return Float(0.5 + 0.5 * tanh(9 * sin(angle * count + turn)))
        }
        for row in 0..<picture.size.height {
            let pixels = (picture.base + row * picture.stride).assumingMemoryBound(to: UInt32.self)
            let dy = Float(Double(row) + 0.5 - y)
            for column in 0..<picture.size.width {
                let dx = Float(Double(column) + 0.5 - x)
                let angle = quickAngle(dy, dx)
                let distance = (dx * dx + dy * dy).squareRoot() / Float(reach)
                let fade = max(0, 0.62 - 0.62 * distance) * min(1, distance * 9)
                let share = table[Int(angle * 4_096) & 4_095] * fade
                pixels[column] = mixed(pixels[column], lit, UInt32(share * 256))
            }
        }
    }

    /// Two or three steps of noise, which hide bands and look like film.
    static func addGrain(to picture: PixelBuffer, seed: UInt64) {
        let noise = noiseTable(seed)
        let width = picture.size.width
        noise.withUnsafeBufferPointer { noise in
            for row in 0..<picture.size.height {
                let pixels = (picture.base + row * picture.stride).assumingMemoryBound(to: UInt32.self)
                // A new place in the table for each row keeps the pattern from showing.
                var place = (row &* 7_919) & 0x3FFF
                for column in 0..<width {
                    let offset = noise[place & 0x3FFF]
                    place &+= 1
                    let pixel = pixels[column]
                    let red = min(255, max(0, Int32(pixel >> 16 & 255) &+ offset))
                    let green = min(255, max(0, Int32(pixel >> 8 & 255) &+ offset))
                    let blue = min(255, max(0, Int32(pixel & 255) &+ offset))
                    pixels[column] =
                        0xFF00_0000 | UInt32(bitPattern: red) << 16 | UInt32(bitPattern: green) << 8
                        | UInt32(bitPattern: blue)
                }
            }
        }
    }

    private static func noiseTable(_ seed: UInt64) -> [Int32] {
        var random = StudioRandom(["grain", "\(seed)"])
        return (0..<0x4000).map { _ in
            Int32((random.number(-1, 1) + random.number(-1, 1)) * 2.6)
        }
    }
}

extension OKLab {
    /// The same hue at another lightness, with the chroma that sRGB has there.
    func brightened(_ lightness: Double) -> OKLab {
        OKLab(lightness: lightness, a: a, b: b).inGamut
    }
}

/// `share` of 256 from one colour to another.
@inline(__always)
private func mixed(_ from: UInt32, _ to: UInt32, _ share: UInt32) -> UInt32 {
    let rest = 256 &- share
    let redBlue = ((from & 0x00FF_00FF) &* rest &+ (to & 0x00FF_00FF) &* share) >> 8 & 0x00FF_00FF
    let green = ((from & 0x0000_FF00) &* rest &+ (to & 0x0000_FF00) &* share) >> 8 & 0x0000_FF00
    return 0xFF00_0000 | redBlue | green
}

/// The direction of a vector as a fraction of a turn, from 0 to 1, to about a thousandth.
@inline(__always)
private func quickAngle(_ y: Float, _ x: Float) -> Float {
    let (ax, ay) = (abs(x), abs(y))
    let ratio = min(ax, ay) / max(max(ax, ay), 1e-6)
    let square = ratio * ratio
    var angle = ((-0.046_496_47 * square + 0.159_314_22) * square - 0.327_622_76) * square * ratio + ratio
    if ay > ax { angle = .pi / 2 - angle }
    if x < 0 { angle = .pi - angle }
    if y < 0 { angle = 2 * .pi - angle }
    return angle / (2 * .pi)
}
