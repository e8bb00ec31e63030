package import ThumbwireKit

/// The stored shape of a job, in two parts: what it was accepted with, written once, and what became of it.
///
/// The account, the session, the state and the callback's last status are the store's to keep, in columns that it
/// searches or changes alone.
package enum JobRecord {
    private static let version: Int64 = 1

    /// What the store keeps beside the two parts.
    package struct Columns: Hashable, Sendable {
        package var id: JobID
        package var account: AccountID
        package var session: String
        package var state: JobState
        /// Overrides the one in the record where it is set: a claim writes it without touching the record.
        package var startedAt: Timestamp?
        package var callbackStatus: Int?

        package init(
            id: JobID, account: AccountID, session: String, state: JobState, startedAt: Timestamp?,
            callbackStatus: Int?
        ) {
            self.id = id
            self.account = account
            self.session = session
            self.state = state
            self.startedAt = startedAt
            self.callbackStatus = callbackStatus
        }
    }

    /// What never changes after the job was accepted.
    package static func accepted(_ job: Job) -> [UInt8] {
        let object = JSONObject(present: [
            ("v", .integer(version)),
            ("face", .word(job.face)),
            ("request", .object(RequestRecord.write(job.request))),
            ("metadata", .object(job.metadata)),
            ("callback", job.callback.map { .object(write($0)) }),
            ("priority", .whole(job.priority)),
            ("parent", .text(job.parent?.rawValue)),
            ("key", .text(job.key?.rawValue)),
            ("requestId", .text(job.requestID)),
            ("credits", .whole(job.credits)),
            ("createdAt", .time(job.createdAt)),
            ("deadline", .time(job.deadline)),
        ])
        // The longest member is the same for all jobs of a chain, so it is encoded apart.
        var record = JSONValue.object(object).serialized()
        record.removeLast()
        record.append(contentsOf: #","pin":"#.utf8)
        record.append(contentsOf: ChainEncodings.shared.encoded(job.pin))
        record.append(UInt8(ascii: "}"))
        return record
    }

    /// What changes while the job runs.
    package static func progress(_ job: Job) -> [UInt8] {
        let object = JSONObject(present: [
            ("v", .integer(version)),
            ("step", .text(job.progress.step)),
            ("percent", .whole(job.progress.percent)),
            ("steps", .records(job.steps, StepRecord.write)),
            ("outputs", .records(job.outputs, OutputRecord.write)),
            ("provider", .text(job.provider)),
            ("fallback", job.fallback.map { ["from": .string($0.from), "reason": .string($0.reason)] }),
            ("warnings", .records(job.warnings, FailureRecord.write)),
            ("failure", job.failure.map { .object(FailureRecord.write($0)) }),
            ("startedAt", .time(job.startedAt)),
            ("finishedAt", .time(job.finishedAt)),
            ("eventCount", .whole(job.eventCount)),
        ])
        return JSONValue.object(object).serialized()
    }

    /// The job of these parts.
    package static func job(
        accepted: [UInt8], progress: [UInt8], columns: Columns
    ) throws(RecordError) -> Job {
        var job = try job(accepted: accepted, columns: columns)
        try readProgress(progress, into: &job)
        job.startedAt = columns.startedAt ?? job.startedAt
        return job
    }

    /// The job as if nothing had become of it yet.
    package static func job(accepted: [UInt8], columns: Columns) throws(RecordError) -> Job {
        let first = try RecordReader(parsing: accepted, name: "accepted", version: version)
        var job = Job(
            id: columns.id, account: columns.account, face: try first.word("face"),
            request: try first.record("request", RequestRecord.read),
            pin: try first.record("pin", ChainRecord.read), session: columns.session,
            createdAt: try first.timestamp("createdAt"), deadline: try first.timestamp("deadline"))
        job.metadata = try first.object("metadata")
        job.priority = Int(try first.integer("priority"))
        job.parent = try first.optionalString("parent").map { JobID(rawValue: $0) }
        job.key = try first.optionalString("key").map { KeyID(rawValue: $0) }
        job.requestID = try first.optionalString("requestId")
        job.credits = Int(try first.optionalInteger("credits") ?? 0)
        job.callback = try first.optionalRecord("callback", readCallback)
        job.callback?.lastStatus = columns.callbackStatus
        job.state = columns.state
        job.startedAt = columns.startedAt
        return job
    }

    private static func readProgress(_ bytes: [UInt8], into job: inout Job) throws(RecordError) {
        let reader = try RecordReader(parsing: bytes, name: "progress", version: version)
        job.progress = Job.Progress(
            step: try reader.optionalString("step"), percent: Int(try reader.integer("percent")))
        job.steps = try reader.records("steps", StepRecord.read)
        job.outputs = try reader.records("outputs", OutputRecord.read)
        job.provider = try reader.optionalString("provider")
        job.fallback = try reader.optionalRecord("fallback") { fallback throws(RecordError) in
            Job.Fallback(from: try fallback.string("from"), reason: try fallback.string("reason"))
        }
        job.warnings = try reader.records("warnings", FailureRecord.readWarning)
        job.failure = try reader.optionalRecord("failure", FailureRecord.read)
        job.startedAt = try reader.optionalTimestamp("startedAt")
        job.finishedAt = try reader.optionalTimestamp("finishedAt")
        job.eventCount = Int(try reader.integer("eventCount"))
    }

    private static func write(_ callback: Job.CallbackSummary) -> JSONObject {
        [
            "host": .string(callback.host),
            "events": .array(callback.events.map { .string($0.rawValue) }),
        ]
    }

    private static func readCallback(_ reader: RecordReader) throws(RecordError) -> Job.CallbackSummary {
        var events: [EventType] = []
        for name in try reader.strings("events") {
            guard let type = EventType(rawValue: name) else {
                throw RecordError(path: "accepted.callback.events", reason: "has the unknown type \(name)")
            }
            events.append(type)
        }
        return Job.CallbackSummary(host: try reader.string("host"), events: events)
    }
}
