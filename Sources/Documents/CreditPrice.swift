package import ThumbwireKit

/// What jobs cost their account, in credits; nothing is charged for jobs that do not complete.
package enum CreditPrice {
    /// The price of one job. Soke and Opus document theirs; the other faces cost what Soke does for each picture.
    package static func of(_ face: Face, variants: Int) -> Int {
        switch face {
        case .soke, .sokeBackground: 4
        case .opus: 7
        case .native, .openai: 4 * variants
        }
    }
}
