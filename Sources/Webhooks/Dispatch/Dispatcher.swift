package import Documents
package import HTTP
package import Persistence
package import Signing
package import ThumbwireKit

/// Sends due deliveries and writes their attempts, until it is stopped.
///
/// It holds nothing that the store does not: a delivery that was sent but not written is sent again with the same
/// `webhook-id` when its lease is over.
package final class Dispatcher: Sendable {
    private let session: DispatchSession

    /// The policy says which addresses may be connected to and is asked at every attempt; the service's keys sign `v1a`;
    /// `encoder` makes the events that tell other endpoints what becomes of one; `random` is evenly distributed in
    /// `0..<1` and moves rests by their jitter.
    package init(
        store: any Store, client: HTTPClient, sealer: Sealer, keys: ServiceKeys, encoder: EventEncoder,
        clock: any WallClock,
        policy: AddressPolicy, configuration: Configuration = Configuration(),
        metrics: WebhookMetrics = WebhookMetrics(in: Metrics()),
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }, log: Log
    ) {
        let steady = SteadyClock(clock)
        let attempter = Attempter(
            client: client, policy: policy, clock: steady,
            requests: AttemptRequest(sealer: sealer, keys: keys, configuration: configuration),
            judge: AttemptJudge(configuration: configuration, encoder: encoder, random: random),
            headTimeout: configuration.headTimeout, log: AttemptLog(store: store, log: log), metrics: metrics)
        let reviewer = EndpointReviewer(
            encoder: encoder, clock: steady, configuration: configuration, random: random, log: log,
            metrics: metrics)
        session = DispatchSession(
            store: store, clock: steady, configuration: configuration, lanes: LaneFinder(sealer: sealer),
            attempter: attempter,
            recorder: AttemptRecorder(
                store: store, limit: 16 * configuration.maximumInFlight, reviewer: reviewer, log: log),
            log: log)
    }

    /// Delivers until the task is cancelled; then waits for attempts under way, at most ``Configuration/grace``, and
    /// writes their results. To be called once.
    package func run() async {
        // A task of its own: cancelling the caller must not cut off what is under way.
        let work = Task { [session] in await session.run() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            session.stop()
        }
    }
}
