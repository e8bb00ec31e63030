internal import ThumbwireKit

/// The stored shape of a pinned chain.
enum ChainRecord {
    static func write(_ pin: PinnedChain) -> JSONObject {
        JSONObject(present: [
            ("name", .text(pin.name)),
            ("providers", .records(pin.providers, write)),
            ("steps", .records(pin.steps, write)),
            ("policy", .object(write(pin.policy))),
        ])
    }

    static func read(_ reader: RecordReader) throws(RecordError) -> PinnedChain {
        PinnedChain(
            name: try reader.string("name"), providers: try reader.records("providers", readUse),
            steps: try reader.records("steps", readUse),
            // Jobs that were accepted before chains had one.
            policy: try reader.optionalRecord("policy", readPolicy) ?? PinnedChain.ProviderPolicy())
    }

    private static func write(_ policy: PinnedChain.ProviderPolicy) -> JSONObject {
        JSONObject(present: [
            ("failoverOn", .texts(policy.failoverOn.map { $0.rawValue }.sorted())),
            ("onUnknown", .word(policy.onUnknown)),
            ("lastResort", .bool(policy.lastResort)),
            ("hedge", .duration(policy.hedge)),
        ])
    }

    private static func readPolicy(
        _ reader: RecordReader
    ) throws(RecordError) -> PinnedChain.ProviderPolicy {
        PinnedChain.ProviderPolicy(
            failoverOn: Set(try reader.strings("failoverOn").compactMap(FailureClass.init)),
            onUnknown: try reader.word("onUnknown"), lastResort: try reader.flag("lastResort"),
            hedge: try reader.optionalDuration("hedge"))
    }

    static func write(_ use: PinnedChain.Use) -> JSONObject {
        JSONObject(present: [
            ("id", .text(use.id)),
            ("plugin", .text(use.plugin)),
            ("major", .whole(use.major)),
            ("configuration", .object(use.configuration)),
            ("condition", .text(use.condition)),
            ("onError", .word(use.onError)),
            ("timeout", .duration(use.timeout)),
        ])
    }

    static func readUse(_ reader: RecordReader) throws(RecordError) -> PinnedChain.Use {
        PinnedChain.Use(
            id: try reader.string("id"), plugin: try reader.string("plugin"),
            major: Int(try reader.integer("major")), configuration: try reader.object("configuration"),
            condition: try reader.optionalString("condition"), onError: try reader.word("onError"),
            timeout: try reader.duration("timeout"))
    }
}
