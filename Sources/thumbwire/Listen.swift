import HTTP
import Signing
import ThumbwireKit

/// `thumbwire listen`: receives events, as a webhook receiver or through the server's event stream.
enum Listen {
    static let command = Command(
        name: "listen", summary: "Receive events, check their signatures and print them.",
        details: """
            As a local receiver (--port, --secret or --register) it answers 204 to signed deliveries and 401 to
            others. With --server and --key alone it reads the server's event stream instead, which works from
            behind NAT, and signs and posts each event to --forward-to. When ready, one line on standard output
            says where: {"event":"listening","url":"…"}.
            """,
        options: ServerConnection.options + [
            .value("port", "N", "receive on this port; 0 takes a free one"),
            .value("host", "ADDRESS", "receive on this numeric address (127.0.0.1)"),
            .value("secret", "WHSEC", "the signing secret, whsec_…").orEnvironment(),
            .flag("register", "create an endpoint for this receiver at --server, and delete it at the end"),
            .value("forward-to", "URL", "post each event there"),
            .value("once", "N", "end after so many different events"),
            .value("timeout", "TIME", "fail when --once is not reached within it"),
            .value("output-dir", "DIR", "download the pictures of completed jobs into it"),
            .value("last-event-id", "ID", "read the stream from behind this event on"),
            .flag("json", "print JSON lines"),
        ]
    ) { arguments in
        let timeout = try arguments.duration("timeout")
        let mailbox = EventMailbox()
        let stopRequests = Signals.stopRequests()
        let stopping = Task {
            for await _ in stopRequests { mailbox.close(.interrupted) }
        }
        let waiting = timeout.map { timeout in
            Task {
                try await Task.sleep(for: timeout)
                mailbox.close(.outOfTime)
            }
        }
        defer {
            stopping.cancel()
            waiting?.cancel()
        }
        if isReceiver(arguments) {
            try await ListenReceiver(arguments, mailbox: mailbox).run()
        } else {
            try await ListenStream(arguments, mailbox: mailbox).run()
        }
    }

    private static func isReceiver(_ arguments: Arguments) -> Bool {
        if arguments.isSet("register") || arguments.value("port") != nil { return true }
        return arguments.value("server") == nil && arguments.value("key") == nil
    }
}
