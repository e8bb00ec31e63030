/// The id that ties a response and all log lines to their request.
enum RequestID {
    static let header = "X-Request-Id"

    /// The client's id when it is 1–64 characters of `A–Z a–z 0–9 . _ -`, else a random one.
    static func make(from proposed: String?) -> String {
        guard let proposed, isAcceptable(proposed) else { return random() }
        return proposed
    }

    private static func isAcceptable(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }

    private static func random() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bits: [UInt64] = [.random(in: 0 ... .max), .random(in: 0 ... .max)]
        return String(unsafeUninitializedCapacity: 32) { buffer in
            for place in 0..<32 {
                let nibble = bits[place / 16] >> UInt64(60 - place % 16 * 4) & 0xF
                buffer[place] = digits[Int(nibble)]
            }
            return 32
        }
    }
}
