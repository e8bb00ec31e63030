package import ThumbwireKit

/// Carries the requests of providers; the composition root injects it.
package protocol ProviderTransport: Sendable {
    /// Sends to the service that the operator configured.
    func send(_ request: PluginRequest, deadline: Timestamp) async throws(TransportFailure) -> PluginResponse
    /// The bytes of a result, from a public host or that of `base`. Throws as `ProviderContext.download` does.
    func download(
        _ url: String, from base: String, deadline: Timestamp
    ) async throws(Failure) -> GenerationResult.Picture
}
