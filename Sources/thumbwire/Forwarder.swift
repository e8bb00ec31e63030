import HTTP
import Signing
import ThumbwireKit
import ThumbwireService

/// Posts events on to another receiver, as a delivery of Thumbwire's own would arrive there.
struct Forwarder: Sendable {
    /// Pauses between the tries of one event.
    private static let pauses: [Duration] = [.seconds(1), .seconds(5), .seconds(15)]
    private static let deadline: Duration = .seconds(20)

    let url: String
    let client: HTTPClient

    /// `nil` without `--forward-to`; throws where it is no URL.
    init?(_ arguments: Arguments, client: HTTPClient) throws(UsageError) {
        guard let url = arguments.value("forward-to") else { return nil }
        try checkURL(url, option: "forward-to")
        self.url = url
        self.client = client
    }

    /// Passes a signed delivery on unchanged.
    ///
    /// - Returns: The status to answer the sender with: the receiver's, or 502 where there is none.
    func relay(_ request: Request) async -> Int {
        var headers = Headers()
        for name in ["Content-Type", "User-Agent", "webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers[name] = request.headers[name]
        }
        return await post(request.body, headers) ?? 502
    }

    /// Signs an event and posts it until an answer is 2xx or the tries are used up.
    ///
    /// - Returns: The last status; `nil` when no answer came.
    func deliver(_ event: ReceivedEvent, secret: SigningSecret) async -> Int? {
        var status = await post(event.body, signed(event, secret))
        for pause in Self.pauses {
            if let status, (200..<300).contains(status) || status == 410 { break }
            do { try await Task.sleep(for: pause) } catch { break }
            status = await post(event.body, signed(event, secret))
        }
        return status
    }

    private func signed(_ event: ReceivedEvent, _ secret: SigningSecret) -> Headers {
        let now = SystemClock().now().seconds
        return [
            "Content-Type": "application/json", "webhook-id": event.id, "webhook-timestamp": "\(now)",
            "webhook-signature": StandardWebhooks.signature(
                id: event.id, timestamp: now, body: event.body, secret: secret),
        ]
    }

    private func post(_ body: [UInt8], _ headers: Headers) async -> Int? {
        let request = OutboundRequest(
            method: .post, url: url, headers: headers, body: body, deadline: Self.deadline,
            maximumResponseBytes: 16 << 10, overflow: .truncate)
        do throws(ClientError) {
            return try await client.send(request, policy: .unrestricted).status
        } catch {
            Output.note("forwarding to \(url): \(error)".printable)
            return nil
        }
    }
}
