import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

struct CircuitTests {
    private let down = Failure(.unavailable, code: "provider_unavailable", message: "503")

    private func failed(
        _ circuit: inout Circuit, _ failure: Failure, times: Int = 1, at now: Timestamp = .noon,
        random: Double = 0.5
    ) {
        for _ in 0..<times { circuit.note(.create, failure, at: now, random: random) }
    }

    @Test(arguments: [FailureClass.unavailable, .timeout, .internal, .outcomeUnknown])
    func `opens after five failures in a row`(_ failureClass: FailureClass) {
        var circuit = Circuit()
        let failure = Failure(failureClass, code: "provider_unavailable", message: "no")

        failed(&circuit, failure, times: 4)
        #expect(circuit.pass(at: .noon) == .go)
        failed(&circuit, failure)

        #expect(circuit.pass(at: .noon) == .refused(until: .noon + .seconds(15)))
        #expect(circuit.reason == failure)
    }

    @Test(arguments: [FailureClass.invalidInput, .contentRejected, .rateLimited])
    func `takes what speaks of the request for an answer`(_ failureClass: FailureClass) {
        var circuit = Circuit()

        failed(&circuit, Failure(failureClass, code: "x", message: "no"), times: 50)

        #expect(circuit.pass(at: .noon) == .go)
    }

    @Test func `counts a row anew after an answer, but not a majority of failures`() {
        var circuit = Circuit()

        for _ in 0..<4 {
            failed(&circuit, down)
            circuit.note(.create, nil, at: .noon, random: 0.5)
        }
        #expect(circuit.pass(at: .noon) == .go)
        failed(&circuit, down, times: 2)

        #expect(circuit.pass(at: .noon) == .refused(until: .noon + .seconds(15)))
    }

    @Test func `forgets failures that are long ago when it counts a majority`() {
        var circuit = Circuit()
        for _ in 0..<4 {
            failed(&circuit, down)
            circuit.note(.create, nil, at: .noon, random: 0.5)
        }

        failed(&circuit, down, times: 4, at: .noon + .seconds(121))

        #expect(circuit.pass(at: .noon + .seconds(121)) == .go)
    }

    @Test func `opens at once for wrong settings and for an empty account`() {
        var (misconfigured, broke) = (Circuit(), Circuit())

        failed(&misconfigured, Failure(.misconfigured, code: "provider_misconfigured", message: "key"))
        failed(&broke, Failure(.outOfFunds, code: "provider_out_of_funds", message: "0 credits"))

        #expect(misconfigured.pass(at: .noon) == .refused(until: .noon + .seconds(15)))
        #expect(broke.pass(at: .noon) == .refused(until: .noon + .seconds(900)))
    }

    @Test(arguments: [(FailureClass.unavailable, "provider_paused"), (.outOfFunds, "provider_out_of_funds")])
    func `stays open exactly as long as the provider says`(_ failureClass: FailureClass, code: String) {
        var circuit = Circuit()

        failed(&circuit, Failure(failureClass, code: code, message: "later", retryAfter: .seconds(7_777)))

        #expect(circuit.pass(at: .noon) == .refused(until: .noon + .seconds(7_777)))
        #expect(circuit.pass(at: .noon + .seconds(7_777)) == .probe)
    }

    @Test func `lets one create through at a time to find out`() {
        var circuit = Circuit()
        failed(&circuit, down, times: 5)
        let later = Timestamp.noon + .seconds(15)

        #expect(circuit.pass(at: later) == .probe)
        circuit.beginProbe(at: later)
        guard case .refused(let first) = circuit.pass(at: later),
            case .refused(let second) = circuit.pass(at: later)
        else {
            Issue.record("let a second probe through")
            return
        }
        #expect(later < first && first < second)
        circuit.note(.create, nil, at: later, random: 0.5)

        #expect(circuit.pass(at: later) == .go)
    }

    @Test func `forgets a probe that nobody ended`() {
        var circuit = Circuit()
        failed(&circuit, down, times: 5)
        let later = Timestamp.noon + .seconds(15)
        _ = circuit.pass(at: later)
        circuit.beginProbe(at: later)

        #expect(circuit.pass(at: later + Circuit.probeTimeout) == .probe)
    }

    @Test func `opens twice as long each time, up to ten minutes`() {
        var circuit = Circuit()
        var now = Timestamp.noon
        var openings: [Double] = []
        failed(&circuit, down, times: 5)

        for _ in 0..<8 {
            guard case .refused(let until) = circuit.pass(at: now) else { break }
            openings.append((until - now).inSeconds)
            now = until
            #expect(circuit.pass(at: now) == .probe)
            failed(&circuit, down, at: now)
        }

        #expect(openings == [15, 30, 60, 120, 240, 480, 600, 600])
    }

    @Test(arguments: [(0.0, 12.0), (1.0, 18.0)])
    func `spreads openings`(random: Double, seconds: Double) {
        var circuit = Circuit()

        failed(&circuit, down, times: 5, random: random)

        guard case .open(let until) = circuit.state else {
            Issue.record("not open")
            return
        }
        #expect(abs((until - .noon).inSeconds - seconds) < 0.001)
    }

    @Test func `begins with short openings after a calm time`() {
        var circuit = Circuit()
        failed(&circuit, down, times: 5)
        let closed = Timestamp.noon + .seconds(15)
        _ = circuit.pass(at: closed)
        circuit.note(.create, nil, at: closed, random: 0.5)
        var flapping = circuit

        failed(&flapping, down, times: 5, at: closed + .seconds(1))
        failed(&circuit, down, times: 5, at: closed + Circuit.calm)

        #expect(flapping.state == .open(until: closed + .seconds(31)))
        #expect(circuit.state == .open(until: closed + Circuit.calm + .seconds(15)))
    }

    @Test func `hears failing polls softly, and neither opens nor closes by them while it is open`() {
        var circuit = Circuit()
        for _ in 0..<24 { circuit.note(.poll, down, at: .noon, random: 0.5) }
        #expect(circuit.pass(at: .noon) == .go)
        circuit.note(.poll, down, at: .noon, random: 0.5)
        let open = circuit.state
        #expect(open == .open(until: .noon + .seconds(15)))

        circuit.note(.poll, nil, at: .noon, random: 0.5)
        circuit.note(.poll, down, at: .noon, random: 0.5)

        #expect(circuit.state == open)
    }

    @Test func `waits on when the probe meets too many requests`() {
        var circuit = Circuit()
        failed(&circuit, down, times: 5)
        let later = Timestamp.noon + .seconds(15)
        _ = circuit.pass(at: later)
        circuit.beginProbe(at: later)

        failed(&circuit, Failure(.rateLimited, code: "rate_limited", message: "429"), at: later)

        #expect(circuit.state == .halfOpen(probeSince: nil))
    }
}
