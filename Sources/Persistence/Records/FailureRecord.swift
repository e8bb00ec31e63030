internal import ThumbwireKit

/// The stored shapes of failures and warnings.
enum FailureRecord {
    static func write(_ failure: Failure) -> JSONObject {
        JSONObject(present: [
            ("class", .word(failure.failureClass)),
            ("code", .text(failure.code)),
            ("message", .text(failure.message)),
            ("retryAfter", .duration(failure.retryAfter)),
            ("detail", .text(failure.detail)),
        ])
    }

    static func read(_ reader: RecordReader) throws(RecordError) -> Failure {
        Failure(
            try reader.word("class"), code: try reader.string("code"), message: try reader.string("message"),
            retryAfter: try reader.optionalInteger("retryAfter").map { .microseconds($0) },
            detail: try reader.optionalString("detail"))
    }

    static func write(_ warning: Warning) -> JSONObject {
        ["code": .string(warning.code), "message": .string(warning.message)]
    }

    static func readWarning(_ reader: RecordReader) throws(RecordError) -> Warning {
        Warning(code: try reader.string("code"), message: try reader.string("message"))
    }
}
