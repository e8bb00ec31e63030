internal import Persistence
internal import ThumbwireKit

/// How long a delivery rests between attempts: a value without time or state.
package struct RetrySchedule: Hashable, Sendable {
    /// How far jitter moves a rest, as a share of it in both directions.
    private static let jitter = 0.2

    /// The rest before the second attempt, before the third, and so on; the first is made at once.
    package let rests: [Duration]

    /// For endpoints: eleven attempts over about three days.
    package static let standing = RetrySchedule(rests: [
        .seconds(5), .seconds(30), .minutes(5), .minutes(30), .hours(2), .hours(5), .hours(10), .hours(14),
        .hours(20), .hours(24),
    ])

    /// For callbacks: attempts at 0, 1, 2, 5, 15 and 60 s, 5 and 30 min and 2 h. Early ones are dense because a
    /// workflow may not be waiting yet when its job is done: n8n answers 409 until then.
    package static let callback = RetrySchedule(
        attemptsAt: [
            .zero, .seconds(1), .seconds(2), .seconds(5), .seconds(15), .seconds(60), .minutes(5),
            .minutes(30), .hours(2),
        ])

    package init(rests: [Duration]) {
        self.rests = rests
    }

    private init(attemptsAt moments: [Duration]) {
        rests = zip(moments, moments.dropFirst()).map { $1 - $0 }
    }

    /// The schedule of deliveries that go there; an endpoint may bring its own.
    static func of(_ destination: DueDelivery.Destination) -> RetrySchedule {
        switch destination {
        case .endpoint(let endpoint, _): endpoint.sending.rests.map(RetrySchedule.init(rests:)) ?? standing
        case .callback: callback
        }
    }

    /// The rest after `attempts` attempts, moved by up to 20 %; `nil` when the schedule is used up.
    /// `random` is evenly distributed in `0..<1`; 0.5 moves nothing.
    package func rest(after attempts: Int, random: Double) -> Duration? {
        guard rests.indices.contains(attempts - 1) else { return nil }
        return rests[attempts - 1] * (1 + Self.jitter * (2 * random - 1))
    }
}

extension Duration {
    static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }
    static func hours(_ count: Int) -> Duration { .seconds(3_600 * count) }
}
