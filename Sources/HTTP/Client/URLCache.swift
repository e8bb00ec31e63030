internal import Synchronization

/// URLs taken apart before: most requests go where others went.
final class URLCache: Sendable {
    /// URLs that are kept; beyond it the cache starts anew.
    private static let maximumCount = 1_024

    private let known = Mutex<[String: URLParts]>([:])

    func parts(of text: String) throws(ClientError) -> URLParts {
        if let parts = known.withLock({ $0[text] }) { return parts }
        let parts = try URLParts(text)
        known.withLock { known in
            if known.count >= Self.maximumCount { known.removeAll(keepingCapacity: true) }
            known[text] = parts
        }
        return parts
    }
}
