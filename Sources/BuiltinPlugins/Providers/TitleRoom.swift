import ThumbwireKit

/// What the prompts of all providers say about the place of a title that is drawn later.
///
/// The words follow ``TitleGeometry``: a picture made with them is calm where `layout` puts the letters.
enum TitleRoom {
    /// Generated letters are garbled, and the title is drawn over the picture.
    static let withoutText =
        "The picture contains no text at all: no words, letters, numbers, captions, logos or watermarks."

    /// Two sentences in plain English: which area stays calm, and where the subject goes; at most 300 characters.
    static func sentence(for layout: LayoutType, size: PixelSize) -> String {
        let geometry = TitleGeometry(size)
        let (area, subject) = words(layout, isPortrait: geometry.frame == .portrait)
        let box = geometry.box(for: layout)
        let columns = span(box.x, box.width)
        let rows = span(box.y, box.height)
        let place = layout == .fullBleed ? area : "\(area) (\(columns) of the width, \(rows) of the height)"
        return "Keep \(place) calm, plain and uncluttered, because a title is placed there afterwards. "
            + "Put the main subject \(subject), and nothing important \(covered(geometry.frame))."
    }

    private static func words(
        _ layout: LayoutType, isPortrait: Bool
    ) -> (area: String, subject: String) {
        switch layout {
        case .textLeft where isPortrait: ("the upper part", "in the lower half")
        case .textLeft: ("the left half", "on the right")
        case .textRight where isPortrait: ("the area below the middle", "in the upper half")
        case .textRight: ("the right half", "on the left")
        case .textCenter: ("the centre", "around the edges or softly in the background")
        case .textBottom: ("the lower half", "in the upper half")
        // The side is chosen by looking at the finished picture.
        case .fullBleed where isPortrait: ("one half, the upper or the lower,", "in the other half")
        case .fullBleed: ("one side, preferably the top,", "in the rest of the frame")
        }
    }

    private static func span(_ start: Double, _ length: Double) -> String {
        "\(Int((start * 100).rounded()))–\(Int(((start + length) * 100).rounded())) %"
    }

    /// What the platform's interface covers: the safe areas of ``TitleGeometry`` in words.
    private static func covered(_ frame: TitleGeometry.Frame) -> String {
        frame == .portrait ? "in the top 15 % and the bottom 25 %" : "in the bottom right corner"
    }
}
