internal import ThumbwireKit

extension Dispatcher {
    /// The limits that attempts are held to.
    package struct Configuration: Sendable {
        /// Attempts under way at once, slow ones not counted.
        package var maximumInFlight = 64
        /// Attempts under way at once to an endpoint that asks for no other number.
        package var maximumInFlightPerEndpoint = 8
        /// Attempts under way at once from callbacks of one account to one host.
        package var maximumInFlightPerHost = 16
        /// An attempt that takes longer than this is slow: it gives its place to another.
        package var slowAfter: Duration = .milliseconds(100)
        /// Slow attempts under way at once; beyond it they keep their places. Each is an open connection.
        package var maximumSlow = 2_048
        /// A receiver that takes longer than this is doubtful until it is faster.
        package var longAfter: Duration = .seconds(1)
        /// For a whole attempt: name look-up, connection, and the answer to its last byte.
        package var deadline: Duration = .seconds(15)
        /// For connecting, TLS included.
        package var connectTimeout: Duration = .seconds(5)
        /// From the request to the end of the answer's header.
        package var headTimeout: Duration = .seconds(10)
        /// How much of an answer's body is read.
        package var maximumResponseBytes = 16 << 10
        /// How much of it the attempt keeps as text.
        package var maximumKeptBytes = 2 << 10
        /// How long a stopped dispatcher waits for attempts under way.
        package var grace: Duration = .seconds(5)
        /// How often endpoints are removed whose time is over.
        package var expiryInterval: Duration = .seconds(60)

        package init() {}

        /// How long a claimed delivery is ours. An attempt begins only while the lease outlasts its deadline, so that
        /// nobody else sends the same delivery meanwhile. The rest of it is for waiting until an endpoint has rested, or
        /// its rate allows it.
        var lease: Duration { deadline * 2 + .seconds(90) }
        /// What of a lease must be left for an attempt to begin.
        var attemptReserve: Duration { deadline + .seconds(5) }

        /// Attempts under way at once to that endpoint.
        func cap(of endpoint: Endpoint) -> Int {
            endpoint.sending.isOrdered
                ? 1 : max(1, endpoint.sending.maximumInFlight ?? maximumInFlightPerEndpoint)
        }
    }
}
