import Engine
import Foundation
import Persistence
import ThumbwireKit

extension Workshop {
    /// Hands in jobs while nobody works, then works until the last is durably complete. Seconds of both halves.
    func drain(_ count: Int, chain: String) async throws -> JSONValue {
        let begin = Moment.now()
        try await submit(count, to: engine(), chain: chain)
        let full = Moment.now()
        let completed = try await working { _ in try await endings.take(count) }
        guard let last = completed.values.max() else { throw BenchError("nothing completed") }
        try await checkIsEmpty()
        _ = Starts.shared.take()
        return [
            "jobs": .integer(Int64(count)), "enqueue": .number(full - begin), "drain": .number(last - full),
        ]
    }

    /// Hands in jobs at a steady rate whatever becomes of them. Latencies count from when each was to be handed in, so
    /// that a stall is charged to all jobs that it held up.
    func pace(rate: Double, seconds: Double) async throws -> JSONValue {
        try await working { engine in
            let count = Int(rate * seconds)
            let paced = try await Pace(rate: rate, count: count).run { [self] number in
                try await submit(number, to: engine, chain: "default", account: account.id)
            }
            let done = try await endings.take(count)
            let starts = Starts.shared.take()
            return [
                "jobs": .integer(Int64(count)),
                "start": paced.latencies { number, _ in starts[number] }.json,
                "done": paced.latencies { _, id in done[id] }.json,
            ]
        }
    }

    /// As ``pace(rate:seconds:)`` while another account hands in jobs at a rate of its own. Latencies of the first.
    func neighbours(rate: Double, beside otherRate: Double, seconds: Double) async throws -> JSONValue {
        try await working { engine in
            let (count, others) = (Int(rate * seconds), Int(otherRate * seconds))
            async let loud = Pace(rate: otherRate, count: others).run { [self] _ in
                try await submit(-1, to: engine, chain: "default", account: neighbour.id)
            }
            let paced = try await Pace(rate: rate, count: count).run { [self] number in
                try await submit(number, to: engine, chain: "default", account: account.id)
            }
            _ = try await loud
            let done = try await endings.take(count + others)
            _ = Starts.shared.take()
            return [
                "jobs": .integer(Int64(count)), "others": .integer(Int64(others)),
                "done": paced.latencies { _, id in done[id] }.json,
            ]
        }
    }

    /// Puts a provider out of use and hands in jobs for it, and lets the engine find out about each of them.
    func block(_ count: Int) async throws {
        try await working { engine in
            // Later than the measurement, and before the jobs' deadline: they wait for it, others fail at once.
            let end = clock.now() + Self.deadline / 2
            guard try await engine.pause(provider: "paused", until: end, reason: "measured") else {
                throw BenchError("there is no provider to pause")
            }
            try await submit(count, to: engine, chain: "paused")
        }
        // Behind all of them, so that their first turn is over when it is done.
        _ = try await drainBehind(count)
    }

    private func drainBehind(_ count: Int) async throws -> JSONValue {
        let engine = engine()
        try await submit(1_000, to: engine, chain: "default")
        _ = try await working { _ in try await endings.take(1_000) }
        _ = Starts.shared.take()
        return .null
    }

    /// Throws where a job of the measured chains is left: the log alone is no proof.
    private func checkIsEmpty() async throws {
        let states: Set<JobState> = [.queued, .generating, .processing, .failed, .cancelled]
        let left = try await store.jobs(JobQuery(account: account.id, states: states, limit: 1)).items
        if let job = left.first, job.pin.name != "paused" {
            throw BenchError("job \(job.id) is \(job.state.rawValue) when all should be complete")
        }
    }
}

/// Calls handed out at a steady rate by a thread of its own, each in a task.
struct Pace {
    struct Outcome {
        /// When each was due, by its number.
        var due: [Moment]
        /// What each call made, by its number.
        var ids: [String]

        /// Between when they were due and what happened to them.
        func latencies(_ moment: (Int, String) -> Moment?) -> Latencies {
            Latencies(
                due.indices.compactMap { number in moment(number, ids[number]).map { $0 - due[number] } })
        }
    }

    var rate: Double
    var count: Int

    func run(_ call: @escaping @Sendable (Int) async throws -> String) async throws -> Outcome {
        let (ticks, ticker) = AsyncStream.makeStream(of: Int.self)
        let begin = Moment.now().advanced(bySeconds: 0.01)
        let due = (0..<count).map { begin.advanced(bySeconds: Double($0) / rate) }
        let thread = Thread {
            for (number, moment) in due.enumerated() {
                let left = moment - Moment.now()
                if left > 0 { Thread.sleep(forTimeInterval: left) }
                ticker.yield(number)
            }
            ticker.finish()
        }
        thread.start()
        var ids = [String](repeating: "", count: count)
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for await number in ticks { group.addTask { (number, try await call(number)) } }
            for try await (number, id) in group { ids[number] = id }
        }
        return Outcome(due: due, ids: ids)
    }
}
