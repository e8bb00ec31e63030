package import ThumbwireKit

extension Engine {
    package func retry(_ id: JobID, of account: AccountID, _ wish: RetryWish) async throws -> Job? {
        try await retried(id, of: account, wish)
    }

    package func providers() async throws -> [ProviderStatus] { [] }

    package func pause(provider: String, until: Timestamp?, reason: String) async throws -> Bool { false }

    package func resume(provider: String) async throws -> Bool { false }
}
