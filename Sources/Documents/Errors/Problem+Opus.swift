package import ThumbwireKit

extension Problem {
    /// The body on the Opus face: Opus documents three shapes, and its clients read members of each.
    ///
    /// `upgradeURL` goes with a cap, as `reset_at` does.
    package func opusJSON(upgradeURL: String? = nil) -> JSONValue {
        let opus = code.row.opus
        var object: JSONObject = [
            "statusCode": .integer(Int64(opus.status)), "errorName": .string(opus.name),
            "errorMessage": .string(detail), "message": .string(detail), "error": .string(opus.reason),
            "code": .string(code == .capReached ? "API_DAILY_CAP_REACHED" : code.rawValue),
        ]
        if code == .capReached {
            object["reset_at"] = figures["resetAt"] ?? .null
            object["upgrade_url"] = upgradeURL.json
        } else {
            for figure in figures.members { object[figure.name] = figure.value }
        }
        return .object(object)
    }
}
