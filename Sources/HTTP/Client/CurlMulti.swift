internal import CCurl
internal import CSystem
internal import Glibc

/// A libcurl multi handle driven by our own epoll: `curl_multi_socket_action` costs per event, where
/// `curl_multi_perform` costs per handle, hung ones included.
final class CurlMulti {
    /// When libcurl wants to be called without an event; `nil`: not at all.
    private(set) var deadline: ContinuousClock.Instant?
    private let multi: UnsafeMutableRawPointer
    private let epoll: Int32
    private var idle: [UnsafeMutableRawPointer] = []
    private let maximumIdleConnections: Int
    private var active: Set<UnsafeMutableRawPointer> = []

    /// Easy handles kept for reuse; making one costs more than resetting it.
    private static let maximumIdle = 128

    /// `nil` when memory is out. The epoll descriptor stays the caller's.
    init?(epoll: Int32, maximumIdleConnections: Int) {
        guard let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.epoll = epoll
        self.maximumIdleConnections = maximumIdleConnections
        // Unretained is enough: deinit ends the multi handle, and with it the callbacks.
        let context = Unmanaged.passUnretained(self).toOpaque()
        thumbwire_multi_set_socket(multi, watchSocket)
        thumbwire_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context)
        thumbwire_multi_set_timer(multi, setTimer)
        thumbwire_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context)
        limitConnections()
    }

    deinit {
        for easy in idle { curl_easy_cleanup(easy) }
        curl_multi_cleanup(multi)
    }

    /// A handle with default options, or `nil` when memory is out; give it back with `recycle`.
    func makeHandle() -> UnsafeMutableRawPointer? {
        idle.popLast() ?? curl_easy_init()
    }

    func recycle(_ easy: UnsafeMutableRawPointer) {
        guard idle.count < Self.maximumIdle else { return curl_easy_cleanup(easy) }
        curl_easy_reset(easy)
        idle.append(easy)
    }

    func add(_ easy: UnsafeMutableRawPointer) -> Bool {
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else { return false }
        active.insert(easy)
        limitConnections()
        return true
    }

    func remove(_ easy: UnsafeMutableRawPointer) {
        guard active.remove(easy) != nil else { return }
        curl_multi_remove_handle(multi, easy)
        limitConnections()
    }

    /// The option counts connections in use as well: left alone, a few hundred that hang would have every other one
    /// closed after its request.
    private func limitConnections() {
        thumbwire_multi_set_long(multi, CURLMOPT_MAXCONNECTS, maximumIdleConnections + active.count)
    }

    func handle(_ event: epoll_event) {
        var action: Int32 = 0
        if event.events & EPOLLIN.rawValue != 0 { action |= CURL_CSELECT_IN }
        if event.events & EPOLLOUT.rawValue != 0 { action |= CURL_CSELECT_OUT }
        if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { action |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(multi, event.data.fd, action, &running)
    }

    func fireTimer(at now: ContinuousClock.Instant) {
        guard let due = deadline, due <= now else { return }
        deadline = nil
        var running: Int32 = 0
        curl_multi_socket_action(multi, thumbwire_socket_timeout, 0, &running)
    }

    /// The next transfer that has ended, with its result.
    func nextFinished() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else {
                continue
            }
            return (easy, thumbwire_message_result(message))
        }
        return nil
    }

    fileprivate func schedule(milliseconds: Int) {
        deadline = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    }

    fileprivate func watch(_ descriptor: Int32, what: Int32, isKnown: Bool) {
        guard what != CURL_POLL_REMOVE else {
            epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
            return
        }
        var event = epoll_event()
        event.data.fd = descriptor
        if what & CURL_POLL_IN != 0 { event.events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { event.events |= EPOLLOUT.rawValue }
        epoll_ctl(epoll, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event)
        if !isKnown { curl_multi_assign(multi, descriptor, Unmanaged.passUnretained(self).toOpaque()) }
    }
}

/// The socket pointer is set once a socket is in epoll, and says so from then on.
private let watchSocket: curl_socket_callback = { _, descriptor, what, context, mark in
    guard let context else { return 0 }
    let multi = Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
    multi.watch(descriptor, what: what, isKnown: mark != nil)
    return 0
}

private let setTimer: curl_multi_timer_callback = { _, milliseconds, context in
    guard let context else { return 0 }
    Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().schedule(milliseconds: milliseconds)
    return 0
}
