package import ThumbwireKit

/// The stored shape of a ticket that outlives its job: the step as it stands and the provider's use.
///
/// The job and the times are the store's to keep, in columns.
package enum TicketRecord {
    private static let version: Int64 = 1

    package static func write(_ ticket: OpenTicket) -> [UInt8] {
        let object = JSONObject(present: [
            ("v", .integer(version)),
            ("step", .object(StepRecord.write(ticket.step))),
            ("use", .object(ChainRecord.write(ticket.use))),
        ])
        return JSONValue.object(object).serialized()
    }

    package static func read(
        _ bytes: [UInt8]
    ) throws(RecordError) -> (step: Step, use: PinnedChain.Use) {
        let reader = try RecordReader(parsing: bytes, name: "ticket", version: version)
        return (try reader.record("step", StepRecord.read), try reader.record("use", ChainRecord.readUse))
    }
}
