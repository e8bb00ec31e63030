import Documents
import HTTP
import Persistence
import Signing
import TestSupport
import ThumbwireKit

@testable import Webhooks

/// One event and one endpoint, of which a test says what matters to it.
struct ProfileFixture {
    static let moment = Timestamp(microseconds: 1_795_262_400_987_654)
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    static let formerSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

    let sealer = Sealer(key: randomBytes(Sealer.keyLength))
    var sending = Endpoint.Sending()
    var secrets: WebhookSecrets
    var event: Event
    var keys: ServiceKeys?

    init() throws {
        secrets = WebhookSecrets(try SigningSecret(Self.secret))
        event =
            EventEncoder(document: JobDocument(publicURL: "https://thumbs.example"))
            .event(.completed, of: SampleJobs.completed(), at: SampleJobs.acceptedAt).event
    }

    /// Adds a former secret that signs for an hour.
    mutating func overlap() throws {
        let former = WebhookSecrets.Former(
            secret: try SigningSecret(Self.formerSecret), validUntil: Self.moment + .hours(1))
        secrets.former = [former]
    }

    func request(at moment: Timestamp = moment) throws -> OutboundRequest {
        var endpoint = Endpoint(
            id: EndpointID(rawValue: "ep_1"), account: event.account, url: "https://a.example/hook",
            events: [.completed], createdAt: moment)
        endpoint.sending = sending
        var due = DueDelivery.make(
            destination: .endpoint(endpoint, secret: secrets.sealed(with: sealer)))
        due.event = event
        return try AttemptRequest(sealer: sealer, keys: keys).request(for: due, at: moment)
    }

    /// The request to a callback of the event's account.
    func request(to callback: Callback) throws -> OutboundRequest {
        var due = DueDelivery.make(
            destination: .callback(
                callback.sealed(with: sealer), secret: secrets.sealed(with: sealer)))
        due.event = event
        return try AttemptRequest(sealer: sealer, keys: keys).request(for: due, at: Self.moment)
    }
}
