internal import ThumbwireKit

/// The stored shape of a step.
enum StepRecord {
    static func write(_ step: Step) -> JSONObject {
        JSONObject(present: [
            ("id", .text(step.id)),
            ("index", .whole(step.index)),
            ("attempt", .whole(step.attempt)),
            ("plugin", .text(step.plugin)),
            ("version", .text(step.version)),
            ("configurationHash", .text(step.configurationHash)),
            ("status", .word(step.status)),
            ("ticket", .text(step.ticket)),
            ("artifacts", .texts(step.artifacts.map { $0.rawValue })),
            ("product", .word(step.product)),
            ("provenance", .object(step.provenance)),
            ("startedAt", .time(step.startedAt)),
            ("finishedAt", .time(step.finishedAt)),
            ("cost", step.cost.map { ["amount": .number($0.amount), "unit": .string($0.unit)] }),
            ("failure", step.failure.map { .object(FailureRecord.write($0)) }),
        ])
    }

    static func read(_ reader: RecordReader) throws(RecordError) -> Step {
        var step = Step(
            id: try reader.string("id"), index: Int(try reader.integer("index")),
            attempt: Int(try reader.integer("attempt")), plugin: try reader.string("plugin"),
            version: try reader.string("version"),
            configurationHash: try reader.string("configurationHash"),
            startedAt: try reader.timestamp("startedAt"))
        step.status = try reader.word("status")
        step.ticket = try reader.optionalString("ticket")
        step.artifacts = try reader.strings("artifacts").map { ArtifactID(rawValue: $0) }
        step.product = try reader.optionalWord("product")
        step.provenance = try reader.optionalObject("provenance") ?? [:]
        step.finishedAt = try reader.optionalTimestamp("finishedAt")
        step.cost = try reader.optionalRecord("cost") { cost throws(RecordError) in
            Cost(amount: try cost.number("amount"), unit: try cost.string("unit"))
        }
        step.failure = try reader.optionalRecord("failure", FailureRecord.read)
        return step
    }
}
