package import ThumbwireKit

extension EventType {
    /// What people who choose among types are told.
    package var summary: String {
        switch self {
        case .queued: "A job was accepted"
        case .processing: "The picture is there and goes through the post-processors"
        case .progress: "A job is on its way; at most once a second, and only for those who ask for it"
        case .completed: "A job is done, and its pictures can be fetched"
        case .failed: "A job failed for good"
        case .cancelled: "A job was cancelled"
        case .providerDegraded: "A provider went out of use; for accounts with an admin key"
        case .providerRecovered: "A provider is in use again; for accounts with an admin key"
        case .endpointFailing: "Attempts at another endpoint have failed for some minutes"
        case .endpointDisabled: "Another endpoint was disabled"
        case .endpointRecovered: "Another endpoint gets events again"
        case .deliveryExhausted: "A delivery, a callback's too, was given up"
        case .webhookTest: "Somebody asked for a test; nothing happened"
        }
    }
}
