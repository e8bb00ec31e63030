import ThumbwireKit

/// A picture whose pixels come from a function of column and row.
func picture(
    _ width: Int, _ height: Int, _ color: (_ column: Int, _ row: Int) -> Color
) -> PixelBuffer {
    let buffer = PixelBuffer(size: PixelSize(width: width, height: height))
    let pixels = buffer.base.assumingMemoryBound(to: UInt32.self)
    for row in 0..<height {
        for column in 0..<width {
            let value = color(column, row)
            pixels[row * width + column] =
                0xFF00_0000 | UInt32(value.red) << 16 | UInt32(value.green) << 8 | UInt32(value.blue)
        }
    }
    return buffer
}

func color(of buffer: PixelBuffer, _ column: Int, _ row: Int) -> Color {
    let pixel = (buffer.base + row * buffer.stride).assumingMemoryBound(to: UInt32.self)[column]
    return Color(
        red: UInt8(pixel >> 16 & 255), green: UInt8(pixel >> 8 & 255), blue: UInt8(pixel & 255))
}

/// Skin of four tones, sky, foliage, sunset, wood, slate and two strong colours, each at several lightnesses.
let patches: [Color] = [
    Color(red: 244, green: 208, blue: 177), Color(red: 224, green: 172, blue: 138),
    Color(red: 166, green: 113, blue: 80), Color(red: 94, green: 60, blue: 42),
    Color(red: 106, green: 160, blue: 217), Color(red: 46, green: 86, blue: 140),
    Color(red: 86, green: 125, blue: 60), Color(red: 40, green: 62, blue: 32),
    Color(red: 235, green: 150, blue: 80), Color(red: 120, green: 84, blue: 52),
    Color(red: 70, green: 78, blue: 88), Color(red: 200, green: 40, blue: 48),
    Color(red: 240, green: 215, blue: 90), Color(red: 30, green: 30, blue: 34),
    Color(red: 225, green: 228, blue: 230), Color(red: 128, green: 60, blue: 150),
]

/// A picture with smooth runs between all pairs of patches, about as varied as a photograph.
func patchwork() -> PixelBuffer {
    picture(256, 256) { column, row in
        let first = patches[column / 16]
        let second = patches[row / 16]
        let share = Double((column % 16) + (row % 16)) / 30
        func mix(_ one: UInt8, _ other: UInt8) -> UInt8 {
            UInt8((Double(one) * (1 - share) + Double(other) * share).rounded())
        }
        return Color(
            red: mix(first.red, second.red), green: mix(first.green, second.green),
            blue: mix(first.blue, second.blue))
    }
}
