import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

struct QuarantineTests {
    private var quarantine = Quarantine()
    private let suspect = JobID.make("job_")
    private let other = JobID.make("job_")

    private func claim(losses: Int = LostLeases.limit, isPoisoned: Bool = false) -> SuspectClaim {
        let job = Job.make(id: suspect, account: .make("acct_"))
        return .claimed(
            SuspectJob(
                claimed: ClaimedJob(job: job, isCancelRequested: false), losses: losses,
                isPoisoned: isPoisoned))
    }

    @Test mutating func `asks the store once, and again when a lease was lost`() {
        #expect(quarantine.turn(running: [], now: .noon) == .suspect(isAlone: true))
        quarantine.note(.none, now: .noon)

        #expect(quarantine.turn(running: [], now: .noon) == .others(askAgain: nil))
        quarantine.leaseLost()
        #expect(quarantine.turn(running: [other], now: .noon) == .suspect(isAlone: false))
    }

    @Test mutating func `nobody else is claimed during a trial, which ends with its job`() {
        quarantine.note(claim(), now: .noon)
        let during = quarantine.turn(running: [suspect], now: .noon)
        let after = quarantine.turn(running: [], now: .noon + .seconds(1))

        #expect(during == .nobody(until: .noon + LostLeases.trial(after: LostLeases.limit)))
        #expect(after == .suspect(isAlone: true))
    }

    @Test mutating func `a trial that takes all its time gives way to others for a while`() {
        quarantine.note(claim(), now: .noon)
        let end = Timestamp.noon + LostLeases.trial(after: LostLeases.limit)
        let early = quarantine.overdueTrial(running: [suspect], now: end - .microseconds(1))
        let due = quarantine.overdueTrial(running: [suspect], now: end)

        quarantine.trialEnded(at: end)
        let next = quarantine.turn(running: [suspect], now: end)
        quarantine.note(.waiting, now: end)

        #expect(early == nil && due == suspect)
        #expect(next == .suspect(isAlone: false))
        #expect(
            quarantine.turn(running: [suspect], now: end) == .others(askAgain: end + Quarantine.patience))
        let later = end + Quarantine.patience
        #expect(quarantine.turn(running: [other], now: later) == .nobody(until: nil))
        #expect(quarantine.turn(running: [], now: later) == .suspect(isAlone: true))
    }

    @Test mutating func `the end of a poisoned job is no trial`() {
        quarantine.note(claim(isPoisoned: true), now: .noon)

        #expect(quarantine.turn(running: [suspect], now: .noon) == .suspect(isAlone: false))
    }

    @Test func `trials grow with each loss, up to what the slowest providers take`() {
        let lengths = (0...8).map { LostLeases.trial(after: LostLeases.limit + $0) }

        #expect(Array(lengths.prefix(6)) == [10, 20, 40, 80, 160, 320].map { Duration.seconds($0) })
        #expect(lengths.last == .seconds(320))
        #expect(LostLeases.trial(after: 0) == .seconds(10))
    }
}
