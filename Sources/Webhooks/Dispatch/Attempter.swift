internal import HTTP
internal import Persistence
internal import Signing
internal import ThumbwireKit

/// Makes one attempt from request to result.
struct Attempter: Sendable {
    let client: HTTPClient
    let policy: AddressPolicy
    let clock: SteadyClock
    let requests: AttemptRequest
    let judge: AttemptJudge
    let headTimeout: Duration
    let log: AttemptLog
    let metrics: WebhookMetrics

    /// The connections of attempts at receivers that may hang.
    private static let groupOfOthers: UInt16 = 1

    /// The attempt and what follows from it; `nil` when it was cut off by a stop, which says nothing about the receiver.
    /// `host` is where a callback goes, `isProven` says that the receiver answers.
    func attempt(_ due: DueDelivery, host: String?, isProven: Bool) async -> Judgement? {
        let startedAt = clock.wall.now()
        let started = ContinuousClock.now
        guard let ending = await send(due, at: startedAt, isProven: isProven) else { return nil }
        let judgement = judge.judge(
            AttemptJudge.Ended(
                due: due, ending: ending, startedAt: startedAt, duration: ContinuousClock.now - started,
                wallNow: clock.wall.now(), now: clock.now(), host: host))
        metrics.attempted(due, judgement.result, at: clock.wall.now())
        await log.ended(judgement.result, of: due)
        return judgement
    }

    private func send(
        _ due: DueDelivery, at moment: Timestamp, isProven: Bool
    ) async -> AttemptJudge.Ending? {
        do {
            var request = try requests.request(for: due, at: moment)
            request.headTimeout = headTimeout
            if !isProven { request.connectionGroup = Self.groupOfOthers }
            var response = try await client.send(request, policy: policy)
            // Most answers have no body, and finding what it could repeat costs as much as signing.
            if !response.body.isEmpty {
                response.body = SentSecrets(in: request).hidden(
                    in: response.body, from: due.delivery.target)
            }
            return .answered(response)
        } catch let error as ClientError {
            return await ending(error, of: due)
        } catch {
            return .unanswered(code: "secret_unreadable", message: "\(error)")
        }
    }

    private func ending(_ error: ClientError, of due: DueDelivery) async -> AttemptJudge.Ending? {
        switch error {
        case .cancelled, .shutdown: return nil
        case .blockedAddress(let host, let address, let purpose):
            await log.blocked(host, address, purpose: purpose, of: due)
        default: break
        }
        return .unanswered(code: error.code, message: error.description)
    }
}
