/// Why a URL or header of an endpoint or callback is refused; for the client that gave it.
package struct WebhookSetupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One of the documented codes of this target.
    package enum Code: String, Sendable, CaseIterable {
        case invalidURL = "url_invalid"
        case blockedPrivateAddress = "url_blocked_private_address"
        case invalidHeader = "callback_header_invalid"
        case handshakeFailed = "endpoint_handshake_failed"
    }

    package var code: Code
    /// Names the limit or the setting; shown to the client.
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
