import Documents
import Engine
import HTTP
import ThumbwireKit

extension Call {
    /// Throws where the key may do nothing of what all faces offer.
    func requireScope() throws(Problem) {
        guard key.scopes.contains(.app) || key.scopes.contains(.admin) else {
            throw Problem(.scopeMissing, "this key has not the scope app")
        }
    }

    /// Throws where the operator takes no jobs through that face.
    func requireEnabled(_ face: Face) throws(Problem) {
        guard context.engine.settings(of: face).isEnabled else {
            throw Problem(
                .faceDisabled,
                "new jobs through this interface are paused by the operator; nothing is wrong with the request"
            )
        }
    }

    /// Hands the submission to the engine, within what the operator settled for its face.
    func submit(_ submission: Submission) async throws -> Submitted {
        var submission = submission
        submission.requestID = request.id
        try requireEnabled(submission.face)
        return try await inTurn {
            let submitted = try await submitWithinCap(submission)
            return (submitted, isNew: !submitted.isRepetition)
        }
    }

    /// Makes a job within what its account may ask for in a minute; what makes no new one does not count.
    func inTurn<Made>(_ make: () async throws -> (Made, isNew: Bool)) async throws -> Made {
        let context = context
        let place = try await context.jobLimits.take(
            account, now: context.clock.now(), life: context.limits.keyLife, store: context.store)
        do {
            let (made, isNew) = try await make()
            if !isNew, let place { context.jobLimits.giveBack(place) }
            return made
        } catch {
            if let place { context.jobLimits.giveBack(place) }
            throw error
        }
    }

    private func submitWithinCap(_ submission: Submission) async throws -> Submitted {
        let now = context.clock.now()
        let cap = context.engine.settings(of: submission.face).dailyCap
        let place = try await cap.asyncMap { cap in
            try await context.dailyCaps.take(
                DailyCaps.Counter(account: account, face: submission.face), cap: cap, now: now,
                store: context.store)
        }
        do {
            let submitted = try await context.engine.submit(submission)
            if submitted.isRepetition, let place { context.dailyCaps.giveBack(place) }
            return submitted
        } catch {
            if let place { context.dailyCaps.giveBack(place) }
            throw await withFigures(error, submission)
        }
    }

    /// Says of missing credits how many there are.
    private func withFigures(_ error: any Error, _ submission: Submission) async -> any Error {
        guard let failure = error as? Failure, ErrorCode(of: failure) == .creditsInsufficient else {
            return error
        }
        var problem = Problem(failure)
        problem.figures["required"] = .integer(Int64(submission.credits))
        if let standing = try? await creditStanding() {
            problem.figures["available"] = .integer(Int64(standing.remaining))
        }
        return problem
    }
}

extension Optional {
    fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
        guard let wrapped = self else { return nil }
        return try await transform(wrapped)
    }
}
