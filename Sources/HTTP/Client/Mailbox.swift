internal import CSystem
internal import Glibc
internal import Synchronization

/// What others ask of the loop's thread, and the eventfd that wakes it.
final class Mailbox: Sendable {
    enum Message: Sendable {
        case start(OutboundExchange)
        case cancel(OutboundExchange)
        case lookUp(
            host: String, id: UInt64, completion: @Sendable (Result<[IPAddress], ClientError>) -> Void)
        case cancelLookUp(UInt64)
        case answered(host: String, Result<[IPAddress], any Error>)
        /// Runs `then` when everything has ended and the loop's thread is about to.
        case stop(then: @Sendable () -> Void)
    }

    private struct State {
        var messages: [Message] = []
        var isClosed = false
    }

    let wakeDescriptor: Int32
    private let state = Mutex(State())

    init() throws(HTTPClient.StartFailure) {
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeDescriptor >= 0 else { throw HTTPClient.StartFailure(call: "eventfd", code: errno) }
    }

    deinit {
        close(wakeDescriptor)
    }

    /// Leaves a message for the loop.
    ///
    /// - Returns: `false` when the loop has ended and nobody will read it.
    @discardableResult
    func post(_ message: Message) -> Bool {
        let (isOpen, mustWake) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (false, false) }
            state.messages.append(message)
            return (true, state.messages.count == 1)
        }
        if mustWake { eventfd_write(wakeDescriptor, 1) }
        return isOpen
    }

    func takeAll() -> [Message] {
        var count: eventfd_t = 0
        eventfd_read(wakeDescriptor, &count)
        return state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Refuses further messages and hands out those not yet read.
    func seal() -> [Message] {
        state.withLock { state in
            state.isClosed = true
            defer { state.messages = [] }
            return state.messages
        }
    }
}
