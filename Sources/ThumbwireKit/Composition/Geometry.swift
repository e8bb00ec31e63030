/// Width and height in pixels.
public struct PixelSize: Hashable, Sendable, CustomStringConvertible {
    /// Pixels across.
    public var width: Int
    /// Pixels down.
    public var height: Int

    /// A size in pixels.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// `WIDTHxHEIGHT` in decimal digits; `nil` for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.allSatisfy(\.isWholeNumber) }),
            let width = Int(parts[0]), let height = Int(parts[1])
        else { return nil }
        self.init(width: width, height: height)
    }

    /// YouTube's recommended thumbnail.
    public static let landscape = PixelSize(width: 1280, height: 720)
    /// A Shorts cover frame.
    public static let portrait = PixelSize(width: 1080, height: 1920)

    /// The shorter side, in which text sizes are measured.
    public var shorterSide: Int { min(width, height) }
    /// Taller than wide.
    public var isPortrait: Bool { height > width }
    /// `WIDTHxHEIGHT`.
    public var description: String { "\(width)x\(height)" }
}

/// A point in fractions of the canvas, from the top left.
public struct UnitPoint: Hashable, Sendable {
    /// 0 is the left edge, 1 the right one.
    public var x: Double
    /// 0 is the top edge, 1 the bottom one.
    public var y: Double

    /// A point in fractions of the canvas.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

/// A rectangle in fractions of the canvas, from the top left.
public struct UnitRect: Hashable, Sendable {
    /// The left edge.
    public var x: Double
    /// The top edge.
    public var y: Double
    /// Fraction of the canvas width.
    public var width: Double
    /// Fraction of the canvas height.
    public var height: Double

    /// A rectangle in fractions of the canvas.
    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// All of the canvas.
    public static let full = UnitRect(x: 0, y: 0, width: 1, height: 1)
}

/// An sRGB colour with straight alpha, 8 bits a channel.
public struct Color: Hashable, Sendable, CustomStringConvertible {
    /// Red, 0–255.
    public var red: UInt8
    /// Green, 0–255.
    public var green: UInt8
    /// Blue, 0–255.
    public var blue: UInt8
    /// Opacity, 0–1.
    public var alpha: Double

    /// A colour from its channels.
    public init(red: UInt8, green: UInt8, blue: UInt8, alpha: Double = 1) {
        self.red = red
        self.green = green
        self.blue = blue
        self.alpha = alpha
    }

    /// `#RRGGBB` or `#RGB`, in either case; `nil` for any other text.
    public init?(hex text: String) {
        guard text.first == "#", text.dropFirst().allSatisfy(\.isHexDigit),
            let value = UInt32(text.dropFirst(), radix: 16)
        else { return nil }
        switch text.count {
        case 7:
            self.init(red: UInt8(value >> 16), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255))
        case 4:
            self.init(
                red: UInt8(value >> 8 & 15) * 17, green: UInt8(value >> 4 & 15) * 17,
                blue: UInt8(value & 15) * 17)
        default:
            return nil
        }
    }

    /// Opaque white.
    public static let white = Color(red: 255, green: 255, blue: 255)
    /// Opaque black.
    public static let black = Color(red: 0, green: 0, blue: 0)

    /// The same colour at another opacity.
    public func withAlpha(_ alpha: Double) -> Color {
        Color(red: red, green: green, blue: blue, alpha: alpha)
    }

    /// `#RRGGBB`, without the alpha.
    public var hex: String {
        let value = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
        let digits = String(value, radix: 16, uppercase: true)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// `#RRGGBB`, and the alpha where it is not opaque.
    public var description: String { alpha == 1 ? hex : "\(hex)@\(alpha)" }
}
