internal import Persistence
internal import Synchronization
package import ThumbwireKit

/// Turns what a provider reports into percents that are worth writing: growing, and at most one in each interval.
///
/// The provider reports from its own task; the runner, which owns the job's value, asks for ``next()`` while it waits
/// for the provider's answer and does every write itself.
package final class ProgressThrottle: Sendable {
    private struct State {
        var percent: Int
        var written: Int
        var notBefore: Timestamp
        var isFinished = false
    }

    private let part: ClosedRange<Int>
    private let interval: Duration
    private let clock: any WallClock
    private let state: Mutex<State>
    private let news = Wakeup()

    /// Maps 0...1 to the provider's part of the job; `written` is what the job shows already.
    package init(
        clock: any WallClock, part: ClosedRange<Int> = 5...50, written: Int = 5,
        interval: Duration = .seconds(1)
    ) {
        self.clock = clock
        self.part = part
        self.interval = interval
        state = Mutex(State(percent: written, written: written, notBefore: clock.now() + interval))
    }

    /// From 0 to 1; what is not a number, or less than before, is ignored.
    package func report(_ progress: Double) {
        guard progress.isFinite else { return }
        let width = Double(part.upperBound - part.lowerBound)
        let percent = part.lowerBound + Int(width * min(1, max(0, progress)))
        let isNews = state.withLock { state in
            guard percent > state.percent else { return false }
            state.percent = percent
            return true
        }
        if isNews { news.wake() }
    }

    /// No further percent is wanted: the answer is there, and what follows is the runner's.
    package func finish() {
        state.withLock { $0.isFinished = true }
        news.wake()
    }

    /// What was reported and is not written yet, for the write that follows the answer; `nil` when there is nothing.
    package func rest() -> Int? {
        state.withLock { state in
            guard state.percent > state.written else { return nil }
            state.written = state.percent
            return state.percent
        }
    }

    /// The next percent to write, when its time has come; `nil` after ``finish()`` or when the task is cancelled.
    /// One task asks at a time.
    package func next() async -> Int? {
        while !Task.isCancelled {
            let now = clock.now()
            let (percent, isFinished, due) = state.withLock { state -> (Int?, Bool, Timestamp?) in
                guard !state.isFinished, state.percent > state.written else {
                    return (nil, state.isFinished, nil)
                }
                guard now >= state.notBefore else { return (nil, false, state.notBefore) }
                state.written = state.percent
                state.notBefore = now + interval
                return (state.percent, false, nil)
            }
            if isFinished { return nil }
            if let percent { return percent }
            if let due {
                await news.wait { [clock] in try? await clock.sleep(until: due) }
            } else {
                await news.wait()
            }
        }
        return nil
    }
}
