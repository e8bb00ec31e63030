package import ThumbwireKit

/// Events about deliveries themselves, for the other endpoints of an account. They name an endpoint's host alone: the
/// path of many a webhook URL is a secret.
extension EventEncoder {
    /// Attempts at an endpoint have failed for some minutes.
    package func failing(_ endpoint: Endpoint, host: String, at moment: Timestamp) -> Event {
        make(
            .endpointFailing, account: endpoint.account, at: moment,
            data: [
                "endpoint": summary(endpoint, host),
                "failingSince": (endpoint.health.failingSince?.description).json,
                "failures": .integer(Int64(endpoint.health.failures)),
            ])
    }

    /// An endpoint was disabled, for its `disabledReason`.
    package func disabled(_ endpoint: Endpoint, host: String, at moment: Timestamp) -> Event {
        make(
            .endpointDisabled, account: endpoint.account, at: moment,
            data: [
                "endpoint": summary(endpoint, host),
                "reason": endpoint.disabledReason.json,
                "failingSince": (endpoint.health.failingSince?.description).json,
            ])
    }

    /// An endpoint that failed since a moment gets events again.
    package func recovered(
        _ endpoint: Endpoint, host: String, failingSince: Timestamp?, at moment: Timestamp
    ) -> Event {
        make(
            .endpointRecovered, account: endpoint.account, at: moment,
            data: [
                "endpoint": summary(endpoint, host), "failingSince": (failingSince?.description).json,
            ])
    }

    /// A delivery was given up after its last attempt, to an endpoint or to a job's callback.
    package func exhausted(
        _ delivery: Delivery, endpoint: Endpoint?, host: String, at moment: Timestamp
    ) -> Event {
        var data: JSONObject = [
            "delivery": [
                "id": .string(delivery.id.rawValue), "eventId": .string(delivery.event.rawValue),
                "type": .string(delivery.type.rawValue), "attempts": .integer(Int64(delivery.attempts)),
                "lastStatus": delivery.lastStatusCode.map { .integer(Int64($0)) } ?? .null,
            ]
        ]
        if let endpoint { data["endpoint"] = summary(endpoint, host) }
        if case .callback(let job) = delivery.target {
            data["callback"] = ["jobId": .string(job.rawValue), "host": .string(host)]
        }
        return make(.deliveryExhausted, account: delivery.account, at: moment, data: .object(data))
    }

    private func summary(_ endpoint: Endpoint, _ host: String) -> JSONValue {
        [
            "id": .string(endpoint.id.rawValue), "host": .string(host),
            "description": endpoint.description.json,
        ]
    }

    private func make(
        _ type: EventType, account: AccountID, at moment: Timestamp, data: JSONValue
    ) -> Event {
        make(type, account: account, job: nil, sequence: 1, at: moment, data: data)
    }
}
