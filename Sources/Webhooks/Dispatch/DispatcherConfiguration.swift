extension Dispatcher {
    /// The limits that attempts are held to.
    package struct Configuration: Sendable {
        /// Attempts under way at once, slow ones not counted.
        package var maximumInFlight = 64
        /// Attempts under way at once to one endpoint or callback.
        package var maximumInFlightPerTarget = 8
        /// An attempt that takes longer than this is slow: it gives its place to another.
        package var slowAfter: Duration = .seconds(1)
        /// Slow attempts under way at once; beyond it they keep their places.
        package var maximumSlow = 1_024
        /// For a whole attempt: name look-up, connection, and the answer to its last byte.
        package var deadline: Duration = .seconds(15)
        /// For connecting, TLS included.
        package var connectTimeout: Duration = .seconds(5)
        /// How much of an answer's body is read.
        package var maximumResponseBytes = 16 << 10
        /// How much of it the attempt keeps as text.
        package var maximumKeptBytes = 2 << 10
        /// How long a stopped dispatcher waits for attempts under way.
        package var grace: Duration = .seconds(5)

        package init() {}

        /// How long a claimed delivery is ours. An attempt starts only while the lease outlasts its deadline, so
        /// that nobody else sends the same delivery meanwhile.
        var lease: Duration { deadline * 2 + .seconds(30) }
        /// What of a lease must be left for an attempt to start.
        var attemptReserve: Duration { deadline + .seconds(5) }
    }
}
