import ThumbwireKit

extension ProviderContext {
    /// Fetches what was paid for, in order, from public addresses or the host of `base`. Each picture has a second chance
    /// at once; what cannot be had all the same is left out: the others are paid for, and asking for all of them until the
    /// job's deadline could lose them too. Throws where there is none at all.
    func pictures(
        at urls: [String], from base: String
    ) async throws(Failure) -> [GenerationResult.Picture] {
        var found: [Int: GenerationResult.Picture] = [:]
        var lastFailure: Failure?
        for _ in 0..<2 {
            for (index, url) in urls.enumerated() where found[index] == nil {
                do throws(Failure) {
                    found[index] = try await download(url, from: base)
                } catch {
                    lastFailure = error
                }
            }
        }
        if let lastFailure, found.isEmpty { throw lastFailure }
        return urls.indices.compactMap { found[$0] }
    }
}
