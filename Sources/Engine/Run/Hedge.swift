internal import Persistence
internal import ThumbwireKit

/// Two orders at a time, where the chain pays for that: whoever finishes first makes the picture.
extension JobRunner {
    private enum Arrival: Sendable {
        case hedgeTime
        /// `nil` when the lane reports nothing more.
        case progress(Int?, lane: Int)
        case answer(Result<GenerationAnswer, any Error>, lane: Int)
    }

    /// After two orders that both failed, or both gave tickets.
    private static let restAfterRace = Duration.seconds(2)

    private struct Lane {
        var turn: Turn
        var step: Step
        var hasAnswered = false
    }

    /// Awaits the first candidate's answer, and from that moment on a second one's, too. The slower order is cancelled;
    /// what became of it stands on its step, and a ticket of it is followed until it ends.
    func race(_ first: Turn, _ step: Step, hedgedAt moment: Timestamp) async throws -> GeneratedPictures? {
        try await withThrowingTaskGroup(of: Arrival.self) { group in
            var lanes = [Lane(turn: first, step: step)]
            defer { for lane in lanes { lane.turn.admitted.close() } }
            var generated: GeneratedPictures?
            group.addTask { [call = first.call] in .answer(await call.create(), lane: 0) }
            group.addTask { [progress = first.call.progress] in .progress(await progress.next(), lane: 0) }
            group.addTask { [clock = services.clock] in
                try? await clock.sleep(until: moment)
                return .hedgeTime
            }
            while lanes.contains(where: { !$0.hasAnswered }), let arrival = try await group.next() {
                switch arrival {
                case .hedgeTime:
                    guard let lane = try await secondLane() else { continue }
                    lanes.append(lane)
                    group.addTask { [call = lane.turn.call] in .answer(await call.create(), lane: 1) }
                    group.addTask { [progress = lane.turn.call.progress] in
                        .progress(await progress.next(), lane: 1)
                    }
                case .progress(let percent, let number):
                    guard let percent, await tell(percent) else { continue }
                    group.addTask { [progress = lanes[number].turn.call.progress] in
                        .progress(await progress.next(), lane: number)
                    }
                case .answer(let answer, let number):
                    lanes[number].hasAnswered = true
                    let lane = lanes[number]
                    noteProgress(of: lane.turn.call)
                    if lanes.count == 1 {
                        group.cancelAll()
                        return try await take(answer, of: lane.turn, lane.step)
                    }
                    if let pictures = try await finish(lane, answer, isLate: generated != nil) {
                        generated = pictures
                        group.cancelAll()
                    }
                }
            }
            if generated == nil, mayGoOn { try await rest(until: services.clock.now() + Self.restAfterRace) }
            return generated
        }
    }

    /// True where neither order came to pictures, and the rules know more to do.
    private var mayGoOn: Bool {
        if case .fail = rules.next(after: job.steps, now: services.clock.now()) { return false }
        return true
    }

    /// The second candidate with its durable intent. Whatever keeps it from that must not touch the first order, which
    /// is under way.
    private func secondLane() async throws -> Lane? {
        guard running.stopReason == nil, let use = rules.secondCandidate(job.steps),
            case .go(let turn) = admission(to: use, attempt: 1)
        else { return nil }
        let before = job.steps
        do {
            return Lane(turn: turn, step: try await intend(turn))
        } catch {
            turn.admitted.close()
            job.steps = before
            guard error is CancellationError || error is StoreError else { throw error }
            return nil
        }
    }

    /// Makes durable what one of two orders came to, without a rest: the other one goes on. Returns the pictures that
    /// came first; those that come late are kept and not used.
    private func finish(
        _ lane: Lane, _ answer: Result<GenerationAnswer, any Error>, isLate: Bool
    ) async throws -> GeneratedPictures? {
        var step = lane.step
        do {
            let answer = try answer.get()
            lane.turn.admitted.ended(answer.failure)
            try services.faults.reach(.afterAnswer)
            switch answer {
            case .finished(let result) where !isLate: return try await accept(result, lane.turn.use, &step)
            case .finished(let result):
                let artifacts = try await services.keep(result, of: job.id, job.account, on: &step)
                record(step)
                try await persistently { try await write(.keep, artifacts: artifacts) }
            case .failed(let failure): throw failure
            case .pending(let ticket, let pollAfter):
                _ = accept(
                    ticket: ticket, pollAfter: pollAfter, pacing: lane.turn.call.pacing, &step)
                try await persistently { try await write(.keep) }
                try services.faults.reach(.afterTicket)
            }
        } catch let failure as Failure {
            lane.turn.admitted.ended(failure)
            step.status = .failed
            step.finishedAt = services.clock.now()
            step.failure = failure
            record(step)
            // A disk that is full for a while must not cut off the other order.
            try await persistently { try await write(.keep) }
        }
        return nil
    }
}
