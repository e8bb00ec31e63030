import Synchronization
import ThumbwireKit

/// Wakes any number of waiters at their moments with one task that sleeps; who stops waiting leaves nothing behind.
final class Alarms: Sendable {
    /// One who waits for a moment; ends by itself when nobody holds it.
    final class Alarm: Sendable {
        private let alarms: Alarms
        private let moment: Timestamp
        private let id: Int

        fileprivate init(alarms: Alarms, moment: Timestamp, id: Int) {
            (self.alarms, self.moment, self.id) = (alarms, moment, id)
        }

        deinit { end() }

        func end() { alarms.end(id, at: moment) }
    }

    private struct Sleeper {
        var id: Int
        var moment: Timestamp
        var task: Task<Void, Never>
    }

    private struct State {
        var nextID = 0
        /// What is to be called, by its moment: few moments, however many wait.
        var calls: [Timestamp: [Int: @Sendable () -> Void]] = [:]
        var sleeper: Sleeper?
    }

    /// Moments are put off to the next multiple, so that many alarms ring at once.
    private static let granularity: Int64 = 100_000

    private let clock: any WallClock
    private let state = Mutex(State())

    init(clock: any WallClock) {
        self.clock = clock
    }

    deinit {
        state.withLock { $0.sleeper?.task.cancel() }
    }

    /// Has `body` called once at that moment or up to a tenth of a second later, unless the alarm is ended before. It
    /// must not block.
    func set(at moment: Timestamp, _ body: @escaping @Sendable () -> Void) -> Alarm {
        let moment = Self.putOff(moment)
        let id = state.withLock { state in
            state.nextID += 1
            state.calls[moment, default: [:]][state.nextID] = body
            let id = state.nextID
            if state.sleeper.map({ moment < $0.moment }) ?? true { sleep(until: moment, &state) }
            return id
        }
        return Alarm(alarms: self, moment: moment, id: id)
    }

    private static func putOff(_ moment: Timestamp) -> Timestamp {
        let rest = moment.microseconds % granularity
        return rest == 0 ? moment : moment + .microseconds(granularity - rest)
    }

    private func end(_ id: Int, at moment: Timestamp) {
        state.withLock { state in
            state.calls[moment]?[id] = nil
            guard state.calls[moment]?.isEmpty == true else { return }
            state.calls[moment] = nil
            // Others are slept for longer than needed at most.
            guard state.calls.isEmpty else { return }
            state.sleeper?.task.cancel()
            state.sleeper = nil
        }
    }

    /// Puts a sleep until that moment in the place of the one there is.
    private func sleep(until moment: Timestamp, _ state: inout State) {
        state.sleeper?.task.cancel()
        state.nextID += 1
        let id = state.nextID
        let task = Task { [weak self, clock] in
            guard (try? await clock.sleep(until: moment)) != nil else { return }
            self?.ring(id)
        }
        state.sleeper = Sleeper(id: id, moment: moment, task: task)
    }

    private func ring(_ sleeper: Int) {
        let now = clock.now()
        let due = state.withLock { state -> [@Sendable () -> Void] in
            guard state.sleeper?.id == sleeper else { return [] }
            let moments = state.calls.keys.filter { $0 <= now }
            let due = moments.flatMap { state.calls.removeValue(forKey: $0)?.values.map { $0 } ?? [] }
            state.sleeper = nil
            if let next = state.calls.keys.min() { sleep(until: next, &state) }
            return due
        }
        for call in due { call() }
    }
}
