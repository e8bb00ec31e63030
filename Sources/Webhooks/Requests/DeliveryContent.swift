internal import ThumbwireKit

/// The body of a delivery and the headers that say what it is; always the same for the same event.
struct DeliveryContent {
    var body: [UInt8]
    var mediaType: String
    /// The attributes of a CloudEvent whose body is the data alone.
    var attributes: [CustomHeader] = []

    init(
        _ event: Event, envelope: Endpoint.Sending.Envelope = .standard,
        format: Endpoint.Sending.Format = .job
    ) {
        let faceData = format == .face ? event.faceData : nil
        switch envelope {
        case .standard:
            mediaType = "application/json"
            body = faceData.map { EventMembers(event.body).replacing("data", with: $0) } ?? event.body
        case .cloudEvents:
            mediaType = "application/cloudevents+json"
            body = CloudEvent(event, data: faceData).structured()
        case .cloudEventsBinary:
            let cloudEvent = CloudEvent(event, data: faceData)
            mediaType = CloudEvent.dataMediaType
            body = Array(cloudEvent.data)
            attributes = cloudEvent.headers()
        }
    }
}
