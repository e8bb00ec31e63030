extension Arguments {
    /// How long something is kept: `90d`, `12h`, `30m`, `45s` or `forever`; the outer `nil` is an absent option.
    func life(_ name: String) throws(UsageError) -> Duration?? {
        guard let text = value(name) else { return nil }
        if text == "forever" { return .some(nil) }
        let units = ["d": 86_400, "h": 3_600, "m": 60, "s": 1]
        guard let (number, unit) = Self.quantity(text), let seconds = units[unit],
            (1...1_000_000).contains(number)
        else {
            throw UsageError(
                "option --\(name) must be a time such as 90d, 12h, 30m or 45s, or forever, not \"\(text)\"")
        }
        return .some(.seconds(number * Int64(seconds)))
    }

    /// A number of bytes such as `500MB` or `20GiB`.
    func size(_ name: String) throws(UsageError) -> Int64? {
        guard let text = value(name) else { return nil }
        guard let bytes = Self.bytes(text), bytes > 0 else {
            throw UsageError("option --\(name) must be a size such as 500MB or 20GiB, not \"\(text)\"")
        }
        return bytes
    }

    /// What has to stay free of a disk: a part of it, a size, both between commas, or 0 for nothing.
    func freeSpace(_ name: String) throws(UsageError) -> (percent: Int?, bytes: Int64?)? {
        guard let text = value(name) else { return nil }
        var free: (percent: Int?, bytes: Int64?) = (nil, nil)
        for part in list(name) {
            if let (number, unit) = Self.quantity(part), unit == "%", number <= 99, free.percent == nil {
                free.percent = Int(number)
            } else if let bytes = part == "0" ? 0 : Self.bytes(part), free.bytes == nil {
                free.bytes = bytes
            } else {
                throw UsageError(
                    "option --\(name) must be a part of the disk, a size, or both, such as 5%, 2GiB or 5%,4GiB, "
                        + "not \"\(text)\"")
            }
        }
        return free
    }

    private static func bytes(_ text: String) -> Int64? {
        let units: [String: Int64] = [
            "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
            "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "B": 1,
        ]
        guard let (number, unit) = quantity(text), let factor = units[unit] else { return nil }
        let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: factor)
        return isTooLarge ? nil : bytes
    }

    /// Digits and what follows them.
    private static func quantity(_ text: String) -> (number: Int64, unit: String)? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = Int64(digits) else { return nil }
        return (number, String(text.dropFirst(digits.count)))
    }
}
