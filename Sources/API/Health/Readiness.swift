import Engine
import Persistence
import Synchronization
import ThumbwireKit

/// Whether new jobs are welcome, found out without waiting for what hangs.
final class Readiness: Sendable {
    /// Why they are not.
    enum Reason: String, CaseIterable {
        case draining
        case storeStalled = "store_stalled"
        case storeNotWritable = "store_not_writable"
        case diskNearlyFull = "disk_nearly_full"
        case dataLimitReached = "data_limit_reached"

        var detail: String {
            switch self {
            case .draining: "the service is shutting down"
            case .storeStalled: "a commit has been under way for too long: the disk may hang"
            case .storeNotWritable: "the disk is full, read-only or failing"
            case .diskNearlyFull: "the disk of the data folder is nearly full"
            case .dataLimitReached: "the data folder has reached its limit, and nothing in it may go yet"
            }
        }
    }

    private let context: APIContext
    private let ping: BoundedQuestion<StoreError?>
    private let room: BoundedQuestion<StorageGuard.Shortage?>

    init(_ context: APIContext) {
        self.context = context
        ping = BoundedQuestion { [store = context.store] in
            do throws(StoreError) {
                try await store.ping()
                return nil
            } catch {
                return error
            }
        }
        room = BoundedQuestion { [storage = context.engine.storage] in storage.shortage }
    }

    /// Empty while they are. Takes no longer than ``APIContext/ReadinessLimits/patience`` twice.
    func reasons() async -> [Reason] {
        var reasons: [Reason] = []
        let limits = context.readiness
        if !context.engine.isAccepting { reasons.append(.draining) }
        // Some milliseconds where all is well.
        let refusal = await ping.answer(within: limits.patience)
        if context.store.commitAge > limits.stall {
            reasons.append(.storeStalled)
        } else if let refusal = refusal ?? nil {
            context.log(.error, "the store cannot write", ["error": .string("\(refusal)")])
            reasons.append(.storeNotWritable)
        }
        switch await room.answer(within: limits.patience) ?? nil {
        case .disk: reasons.append(.diskNearlyFull)
        case .data: reasons.append(.dataLimitReached)
        case nil: break
        }
        return reasons
    }
}
