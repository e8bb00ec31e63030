import HTTP
import Signing
import Synchronization
import ThumbwireKit

/// `listen` as a client of the server's event stream, for machines that the server cannot reach.
actor ListenStream {
    private static let path = "/v1/events/stream"
    private static let firstPause: Duration = .milliseconds(500)
    private static let longestPause: Duration = .seconds(30)

    private let connection: ServerConnection
    private let mailbox: EventMailbox
    private let forwarder: Forwarder?
    private let secret: SigningSecret?
    private let filter: EventFilter
    private let query: String
    private let silence: Duration
    private let start: StreamStart
    private let stateFile: ListenState?
    private let isReady = Ready()
    private var printer: EventPrinter
    /// Behind which events are new: all before it were handled.
    private var position: Int64?
    private var failures = 0

    init(_ arguments: Arguments, mailbox: EventMailbox) throws {
        guard arguments.value("key") != nil else {
            throw UsageError("option --key is required with --server")
        }
        self.mailbox = mailbox
        let connection = try ServerConnection(arguments)
        self.connection = connection
        let forwarder = try Forwarder(arguments, client: connection.client)
        self.forwarder = forwarder
        filter = EventFilter(arguments)
        query = try EventFilter.query(arguments)
        silence = try arguments.duration("max-silence") ?? ServerConnection.maximumSilence
        guard silence > .zero else { throw UsageError("option --max-silence must be longer than 0 s") }
        stateFile = try arguments.value("state").map { path in
            try ListenState(path: path, server: connection.baseURL)
        }
        start = try StreamStart(arguments, saved: stateFile?.saved)
        printer = try EventPrinter(arguments, client: connection.client)
        secret = forwarder == nil ? nil : try forwardingSecret(arguments)
    }

    func run() async throws {
        position = try await start.position(at: connection)
        let reading = Task { try await read() }
        let stopping = Task { [mailbox] in
            for await _ in mailbox.events {}
            reading.cancel()
        }
        let outcome = await reading.result
        stopping.cancel()
        try saveState()
        if failures > 0 {
            Output.note("\(failures) of \(printer.count) events were not forwarded")
        }
        if case .failure(let error) = outcome, !(error is CancellationError) { throw error }
        if let ending = mailbox.ending { return try ending.check(printer) }
        if failures > 0 { throw CommandFailure("not all events were forwarded") }
    }

    /// Reads from behind the last event on whenever the connection ends; returns when there are as many as wanted.
    private func read() async throws {
        var pause = Self.firstPause
        while true {
            let opened = ContinuousClock.now
            let before = printer.count
            do {
                if try await readOnce() { return }
                Output.note("the stream ended; connecting again")
            } catch StreamInterruption.overrun {
                continue
            } catch let refusal as ServerRefusal where refusal.isFinal {
                throw refusal
            } catch let error as ClientError {
                Output.note("\(String(describing: error).printable); connecting again in \(pause)")
            } catch let error as ServerRefusal {
                Output.note("\(String(describing: error).printable); connecting again in \(pause)")
            } catch let error as StreamInterruption {
                Output.note("\(error); connecting again in \(pause)")
            }
            if printer.count > before || ContinuousClock.now - opened > Self.longestPause {
                pause = Self.firstPause
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// One connection; true when there are as many events as wanted.
    private func readOnce() async throws -> Bool {
        let isReady = isReady
        let url = connection.baseURL + Self.path
        let events = connection.events(
            Self.path + query, after: position.map(String.init), silence: silence
        ) { isReady.say(url) }
        for try await event in events {
            try Task.checkCancellation()
            guard let data = event.data, !data.isEmpty else {
                try move(to: event.id)
                continue
            }
            let place = event.id.flatMap { Int64($0) }
            if let place, let position, place <= position { continue }
            let isEnough = try await take(data, at: place)
            position = place ?? position
            if isEnough { return true }
        }
        try Task.checkCancellation()
        return false
    }

    /// To where the server says that the stream stands; behind where we were it is only when its data was replaced.
    private func move(to id: String?) throws {
        guard let place = id.flatMap({ Int64($0) }), place != position else { return }
        if let position, place < position {
            Output.note(
                "the server has no event behind \(place), and \(position) was seen: its data was replaced")
        }
        position = place
        try saveState()
    }

    private func take(_ data: [UInt8], at place: Int64?) async throws -> Bool {
        guard let document = try? JSONValue(parsing: data), let id = document["id"]?.string else {
            Output.note("an event is not what an event should be, and is passed over")
            return false
        }
        guard start.admits(document), filter.admits(document) else { return false }
        var received = ReceivedEvent(
            id: id, body: data, document: document, isVerified: false)
        if let forwarder, let secret {
            let forwarding = await forwarder.deliver(received, secret: secret)
            switch forwarding {
            case .interrupted: throw CancellationError()
            case .failed: failures += 1
            case .delivered: break
            }
            received.forwarding = forwarding
        }
        // Handled: whatever happens to us from now on, it is not forwarded again.
        position = place ?? position
        try saveState()
        if printer.print(received) { try await printer.savePictures(of: received) }
        return printer.isDone
    }

    private func saveState() throws {
        if let position { try stateFile?.save(position) }
    }
}

/// Says once that the stream is open.
private final class Ready: Sendable {
    private let isSaid = Atomic(false)

    func say(_ url: String) {
        guard !isSaid.exchange(true, ordering: .relaxed) else { return }
        Output.json(["event": "listening", "url": .string(url)])
    }
}

extension ServerRefusal {
    /// True where asking again would be answered the same.
    fileprivate var isFinal: Bool {
        (300..<500).contains(status) && ![408, 425, 429].contains(status)
    }
}
