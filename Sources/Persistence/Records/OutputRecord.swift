internal import ThumbwireKit

/// The stored shape of a finished picture.
enum OutputRecord {
    static func write(_ output: Output) -> JSONObject {
        JSONObject(present: [
            ("artifact", .text(output.artifact.rawValue)),
            ("fileName", .text(output.fileName)),
            ("width", .whole(output.size.width)),
            ("height", .whole(output.size.height)),
            ("format", .word(output.format)),
            ("bytes", .whole(output.bytes)),
            ("sha256", .text(output.sha256)),
            ("variant", .whole(output.variant)),
            ("expiresAt", .time(output.expiresAt)),
        ])
    }

    static func read(_ reader: RecordReader) throws(RecordError) -> Output {
        Output(
            artifact: try reader.identifier("artifact"), fileName: try reader.string("fileName"),
            size: PixelSize(
                width: Int(try reader.integer("width")), height: Int(try reader.integer("height"))),
            format: try reader.word("format"), bytes: Int(try reader.integer("bytes")),
            sha256: try reader.string("sha256"), variant: Int(try reader.integer("variant")),
            expiresAt: try reader.optionalTimestamp("expiresAt"))
    }
}
