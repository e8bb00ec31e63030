package import ThumbwireKit

/// Makes events: the envelope around a job's document, frozen as bytes when the event happens.
package struct EventEncoder: Sendable {
    /// The version of the envelope and of the documents in it.
    package static let apiVersion = "2026-11-01"

    private let document: JobDocument

    package init(document: JobDocument) {
        self.document = document
    }

    /// The job with its event counted, and the event that says it. Use both in one transaction.
    package func event(_ type: EventType, of job: Job, at moment: Timestamp) -> (job: Job, event: Event) {
        var job = job
        job.eventCount += 1
        var event = make(
            type, account: job.account, job: job.id, sequence: job.eventCount, at: moment,
            data: document.json(job))
        event.faceData = FaceAnswer(document: document).json(of: job)?.serialized()
        return (job, event)
    }

    /// The event that a client sends to one of its endpoints to see whether it arrives.
    package func testEvent(for endpoint: Endpoint, at moment: Timestamp) -> Event {
        let data: JSONValue = ["test": true, "endpointId": .string(endpoint.id.rawValue)]
        return make(.webhookTest, account: endpoint.account, job: nil, sequence: 1, at: moment, data: data)
    }

    /// The event that tells an account of administrators that a provider is out of use, why, and until when as far
    /// as that is known.
    package func degraded(
        provider: String, reason: Failure, until: Timestamp?, for account: AccountID, at moment: Timestamp
    ) -> Event {
        let data: JSONValue = [
            "provider": .string(provider),
            "reason": [
                "code": .string(ErrorCode(of: reason).rawValue),
                "class": .string(reason.failureClass.rawValue), "message": .string(reason.message),
            ],
            "until": (until?.description).json,
        ]
        return make(.providerDegraded, account: account, job: nil, sequence: 1, at: moment, data: data)
    }

    /// The event that tells an account of administrators that a provider is in use again, and since when it was not.
    package func recovered(
        provider: String, degradedAt: Timestamp, for account: AccountID, at moment: Timestamp
    ) -> Event {
        let data: JSONValue = [
            "provider": .string(provider), "degradedAt": .string(degradedAt.description),
        ]
        return make(.providerRecovered, account: account, job: nil, sequence: 1, at: moment, data: data)
    }

    func make(
        _ type: EventType, account: AccountID, job: JobID?, sequence: Int, at moment: Timestamp,
        data: JSONValue
    ) -> Event {
        let id = EventID(prefix: "evt_", at: moment)
        let envelope: JSONValue = [
            "id": .string(id.rawValue),
            "type": .string(type.rawValue),
            "timestamp": .string(moment.description),
            "apiVersion": .string(Self.apiVersion),
            "accountId": .string(account.rawValue),
            "sequence": .integer(Int64(sequence)),
            "data": data,
        ]
        return Event(
            id: id, account: account, type: type, job: job, sequence: sequence, occurredAt: moment,
            body: envelope.serialized())
    }
}
