/// Numbers that depend on a text alone, the same on every machine and in every version of Swift.
struct StudioRandom: RandomNumberGenerator {
    private var state: UInt64

    /// FNV-1a over the UTF-8 of the parts.
    init(_ parts: [String]) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for part in parts {
            for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        state = hash
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number between the bounds; not by the standard library, whose way to one may change.
    mutating func number(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * Double(next() >> 11) / Double(1 << 53)
    }

    /// A whole number below `count`.
    mutating func index(_ count: Int) -> Int {
        min(count - 1, Int(number(0, Double(count))))
    }
}
