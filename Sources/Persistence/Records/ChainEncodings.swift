internal import Synchronization
internal import ThumbwireKit

/// The encoded records of the chains that jobs were lately accepted with.
///
/// Chains of one configuration share their storage, so that finding one again is a comparison of references.
final class ChainEncodings: Sendable {
    static let shared = ChainEncodings()

    /// More than a configuration has; others are encoded each time.
    private static let limit = 32

    private let known = Mutex<[(chain: PinnedChain, record: [UInt8])]>([])

    func encoded(_ chain: PinnedChain) -> [UInt8] {
        if let record = known.withLock({ $0.first { $0.chain == chain }?.record }) { return record }
        let record = JSONValue.object(ChainRecord.write(chain)).serialized()
        known.withLock { known in
            // The oldest goes: after a reload, that is a chain which new jobs do not get any more.
            if known.count >= Self.limit { known.removeFirst() }
            known.append((chain, record))
        }
        return record
    }
}
