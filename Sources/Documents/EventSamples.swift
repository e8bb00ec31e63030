package import ThumbwireKit

/// One event of each type that looks like a real one: what `webhooks/events/` shows, and what tests send.
package struct EventSamples: Sendable {
    /// Real ids are random.
    private static let id = "evt_01kajy4q310rvzkq2j8c5s6d9f"

    private let encoder: EventEncoder

    package init(encoder: EventEncoder) {
        self.encoder = encoder
    }

    /// The body of the type's sample; the same bytes each time.
    package func body(of type: EventType) -> [UInt8] {
        var object = envelope(event(type))
        object["id"] = .string(Self.id)
        return JSONValue.object(object).serialized()
    }

    /// An event for that endpoint alone, with the data of the type's sample; `data.test` says that nothing happened.
    package func testEvent(_ type: EventType, for endpoint: Endpoint, at moment: Timestamp) -> Event {
        guard type != .webhookTest else { return encoder.testEvent(for: endpoint, at: moment) }
        let sample = event(type)
        var test = Event(
            id: EventID(prefix: "evt_", at: moment), account: endpoint.account, type: type, job: nil,
            sequence: sample.sequence, occurredAt: moment, body: [])
        var object = envelope(sample)
        object["id"] = .string(test.id.rawValue)
        object["timestamp"] = .string(moment.description)
        object["accountId"] = .string(endpoint.account.rawValue)
        let data = (object["data"]?.object?.members ?? []).map { ($0.name, $0.value) }
        object["data"] = .object(JSONObject([("test", true)] + data))
        test.body = JSONValue.object(object).serialized()
        return test
    }

    private func envelope(_ event: Event) -> JSONObject {
        (try? JSONValue(parsing: event.body))?.object ?? [:]
    }

    private func event(_ type: EventType) -> Event {
        let start = SampleJobs.acceptedAt
        switch type {
        case .queued: return event(type, of: SampleJobs.queued())
        case .processing: return event(type, of: SampleJobs.processing())
        case .progress: return event(type, of: SampleJobs.progressing())
        case .completed: return event(type, of: SampleJobs.completed())
        case .failed: return event(type, of: SampleJobs.failed())
        case .cancelled: return event(type, of: SampleJobs.cancelled())
        case .providerDegraded:
            let reason = Failure(
                .unavailable, code: "provider_unavailable", message: "opus answered 503 five times")
            return encoder.degraded(
                provider: "opus", reason: reason, until: start + .seconds(15), for: endpoint.account,
                at: start)
        case .providerRecovered:
            return encoder.recovered(
                provider: "opus", degradedAt: start, for: endpoint.account, at: start + .seconds(17))
        case .webhookTest: return encoder.testEvent(for: endpoint, at: start)
        case .endpointFailing:
            return encoder.failing(endpoint, host: host, at: start + .seconds(340))
        case .endpointDisabled:
            var disabled = endpoint
            disabled.disabledReason = "it has failed for 5 days"
            return encoder.disabled(disabled, host: host, at: start + .seconds(5 * 86_400))
        case .endpointRecovered:
            return encoder.recovered(
                endpoint, host: host, failingSince: start, at: start + .seconds(2_400))
        case .deliveryExhausted:
            return encoder.exhausted(
                delivery, endpoint: endpoint, host: host, at: start + .seconds(3 * 86_400))
        }
    }

    private func event(_ type: EventType, of job: Job) -> Event {
        encoder.event(type, of: job, at: job.finishedAt ?? job.startedAt ?? job.createdAt).event
    }

    private let host = "hooks.example"

    private var endpoint: Endpoint {
        var endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_01kahzr1m8t2d5k0q9w4x7y3bn"), account: SampleJobs.queued().account,
            url: "https://\(host)/", events: [], description: "the shop", createdAt: SampleJobs.acceptedAt)
        (endpoint.health.failingSince, endpoint.health.failures) = (SampleJobs.acceptedAt, 9)
        return endpoint
    }

    private var delivery: Delivery {
        var delivery = Delivery(
            id: DeliveryID(rawValue: "dlv_01kahzs3q8b4c2m7x6w1v5t9ye"), account: endpoint.account,
            event: EventID(rawValue: "evt_01kahzqx7n5d3f9h2j4k6m8p0r"), type: .completed,
            target: .endpoint(endpoint.id), status: .exhausted, attempts: 11, nextAttemptAt: nil,
            createdAt: SampleJobs.acceptedAt)
        delivery.lastStatusCode = 503
        return delivery
    }
}
