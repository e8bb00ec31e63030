package import ThumbwireKit

/// Grades pictures in place; what a ``Renderer`` is given as its `gradeApplier`.
package enum GradePass {
    /// Puts a grading and a vignette (0–1) on a picture in one pass; `None` without a vignette changes no byte.
    package static func apply(_ picture: PixelBuffer, _ grade: Grade, _ vignette: Double) {
        let table = ColorLUT.shared(for: grade)
        if picture.hasAlpha {
            if let table { applyStraight(table, to: picture) }
            return
        }
        if let table {
            table.apply(to: picture, vignette: vignette)
        } else if vignette > 0 {
            identity.apply(to: picture, vignette: vignette)
        }
    }

    private static let identity = ColorLUT(Grade(preset: .none))

    /// Gradings are made for straight colour: takes the alpha out, grades, and puts it back.
    private static func applyStraight(_ table: ColorLUT, to picture: PixelBuffer) {
        let alphas = everyFourthByte(of: picture)
        for offset in stride(from: 0, to: picture.bytes.count, by: 4) {
            let alpha = Int(alphas[offset / 4])
            guard alpha > 0, alpha < 255 else { continue }
            for channel in offset..<offset + 3 {
                picture.bytes[channel] = UInt8(
                    min(255, (Int(picture.bytes[channel]) * 255 + alpha / 2) / alpha))
            }
        }
        table.apply(to: picture)
        for offset in stride(from: 0, to: picture.bytes.count, by: 4) {
            let alpha = Int(alphas[offset / 4])
            for channel in offset..<offset + 3 {
                picture.bytes[channel] = UInt8((Int(picture.bytes[channel]) * alpha + 127) / 255)
            }
        }
    }

    private static func everyFourthByte(of picture: PixelBuffer) -> [UInt8] {
        stride(from: 3, to: picture.bytes.count, by: 4).map { picture.bytes[$0] }
    }
}
