import Persistence
import Signing
import ThumbwireKit

extension DueDelivery {
    /// A delivery of that id to an endpoint named by the id's first letter.
    static func make(_ id: String) -> DueDelivery {
        make(id, destination: nil)
    }

    static func make(
        _ id: String = "a1", body: String = "{}", attempts: Int = 0, destination: Destination? = nil
    ) -> DueDelivery {
        let account = AccountID(rawValue: "acct_1")
        let moment = Timestamp(microseconds: 1_795_262_400_000_000)
        let endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_\(id.prefix(1))"), account: account, url: "http://127.0.0.1/",
            events: [.completed], createdAt: moment)
        let event = Event(
            id: EventID(rawValue: "evt_\(id)"), account: account, type: .completed,
            job: JobID(rawValue: "job_1"), sequence: 1, occurredAt: moment, body: Array(body.utf8))
        let target: Delivery.Target =
            switch destination {
            case .callback: .callback(JobID(rawValue: "job_1"))
            case .endpoint(let endpoint, _): .endpoint(endpoint.id)
            case nil: .endpoint(endpoint.id)
            }
        let delivery = Delivery(
            id: DeliveryID(rawValue: id), account: account, event: event.id, type: .completed,
            target: target, attempts: attempts, nextAttemptAt: moment, createdAt: moment)
        return DueDelivery(
            delivery: delivery, event: event,
            destination: destination ?? .endpoint(endpoint, secret: Sealed(bytes: [])))
    }
}
