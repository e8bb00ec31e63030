import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

struct RetryScheduleTests {
    private let endpoint = RetrySchedule.of(DueDelivery.make().destination)
    private let callback = RetrySchedule.of(.callback(Sealed(bytes: []), secret: Sealed(bytes: [])))

    @Test func `an endpoint may bring its own rests`() {
        var own = Endpoint.make(account: .make("acct_"))
        own.sending.rests = [.seconds(10), .seconds(60)]
        let schedule = RetrySchedule.of(.endpoint(own, secret: Sealed(bytes: [])))

        #expect((1...3).map { schedule.rest(after: $0, random: 0.5) } == [.seconds(10), .seconds(60), nil])
    }

    @Test func `endpoints get eleven attempts over three days`() {
        let rests = (1...10).map { endpoint.rest(after: $0, random: 0.5) }

        let seconds = [5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
        #expect(rests == seconds.map { .seconds($0) })
        #expect(endpoint.rest(after: 11, random: 0.5) == nil)
    }

    @Test func `callbacks get nine attempts at their moments`() {
        let rests = (1...8).compactMap { callback.rest(after: $0, random: 0.5)?.inSeconds }

        let moments = rests.reduce(into: [0.0]) { $0.append(($0.last ?? 0) + $1) }
        #expect(moments == [0, 1, 2, 5, 15, 60, 300, 1_800, 7_200])
        #expect(callback.rest(after: 9, random: 0.5) == nil)
    }

    @Test(arguments: [0, 0.25, 0.5, 0.75, 0.999_999])
    func `jitter moves a rest by at most a fifth`(_ random: Double) throws {
        for attempts in 1...10 {
            let plain = endpoint.rests[attempts - 1].inSeconds
            let rest = try #require(endpoint.rest(after: attempts, random: random)).inSeconds

            #expect(abs(rest - plain * (0.8 + 0.4 * random)) < 1e-6 * plain)
        }
    }

    @Test func `has no rest before the first attempt`() {
        #expect(endpoint.rest(after: 0, random: 0.5) == nil)
        #expect(RetrySchedule(rests: []).rest(after: 1, random: 0.5) == nil)
    }
}
