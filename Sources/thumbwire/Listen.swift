import HTTP
import Signing
import ThumbwireKit

/// `thumbwire listen`: receives events, as a webhook receiver or through the server's event stream.
enum Listen {
    static let command = Command(
        name: "listen", summary: "Receive events, check their signatures and print them.",
        details: """
            With --server and --key alone it reads the server's event stream, which works from behind NAT, and signs
            and posts each event to --forward-to as a delivery would be. It connects again after any break and goes on
            behind the last event. A forward is tried again after each of the --rests; one that fails for good is said
            and counted, and the next event follows. --state keeps the place over runs: an event that was forwarded
            comes again only when the program was killed in that moment. Without a file --since says where to begin.

            As a local receiver (--port, --secret or --register) it answers 204 to signed deliveries and 401 to
            others. When ready, one line on standard output says where: {"event":"listening","url":"…"}.

            Ends with 0 after --count events or an interruption, with 1 where the server refuses, --timeout is over or
            events were not forwarded.

            Examples:
              thumbwire listen --key KEY --forward-to http://localhost:3000/hook --events thumbnail.completed
              thumbwire listen --key KEY --forward-to http://localhost:3000/hook --state listen.json --since 2h
              thumbwire listen --key KEY --forward-to http://localhost:3000/hook --resend evt_01kajy4q310rvzkq2j8c5s6d9f
              thumbwire listen --port 8000 --register --server http://127.0.0.1:8080 --key KEY --count 1
            """,
        options: ServerConnection.options + Forwarder.options + EventFilter.options + [
            .value(
                "since", "TIME|EVENT",
                "begin with what happened then (2h, 2026-11-21T12:00:00Z), or behind an event"),
            .value("state", "FILE", "keep the place in this file, and go on there in the next run"),
            .list("resend", "EVENT,...", "post these past events to --forward-to, and end"),
            .value("max-silence", "TIME", "take a connection for dead that is silent for so long (45s)"),
            .value("port", "N", "receive on this port; 0 takes a free one"),
            .value("host", "ADDRESS", "receive on this numeric address (127.0.0.1)"),
            .flag("register", "create an endpoint for this receiver at --server, and delete it at the end"),
            .value("count", "N", "end after so many different events"),
            .value("timeout", "TIME", "fail when --count is not reached within it"),
            .value("output-dir", "DIR", "download the pictures of completed jobs into it"),
            .flag("json", "print JSON lines"),
        ]
    ) { arguments in
        let past = arguments.list("resend")
        guard past.isEmpty else { return try await Resending(arguments).send(past) }
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
            for option in receiverless where arguments.isGiven(option) {
                throw UsageError("option --\(option) is for the event stream, without --port and --register")
            }
            try await ListenReceiver(arguments, mailbox: mailbox).run()
        } else {
            try await ListenStream(arguments, mailbox: mailbox).run()
        }
    }

    /// What a receiver has no use for: events come as the sender sends them.
    private static let receiverless =
        EventFilter.options.map(\.name) + ["since", "state", "max-silence", "rests"]

    private static func isReceiver(_ arguments: Arguments) -> Bool {
        if arguments.isSet("register") || arguments.value("port") != nil { return true }
        return arguments.value("server") == nil && arguments.value("key") == nil
    }
}
