import Glibc
import HTTP
import TestSupport
import Testing
import ThumbwireKit

struct SimulatorsTests {
    private let client: HTTPClient

    init() throws {
        client = try HTTPClient()
    }

    private func create(_ simulators: Simulators) async throws -> OutboundResponse {
        let body: JSONValue = ["jobType": "thumbnail", "sourceUri": "https://youtu.be/dQw4w9WgXcQ"]
        return try await client.send(
            OutboundRequest(
                method: .post, url: simulators.opusURL + "/api/generative-jobs",
                headers: ["Authorization": "Bearer sk-test", "Content-Type": "application/json"],
                body: body.serialized()),
            policy: .unrestricted)
    }

    @Test func `the simulators count what was bought and leave no process behind`() async throws {
        let simulators = try await Simulators.start()
        try await simulators.script(.opusCreate, [nil, .lostAnswer, .status(503)])

        let bought = try await create(simulators)
        await #expect(throws: ClientError.self) { try await create(simulators) }
        let refused = try await create(simulators)
        let counts = try await simulators.counts(.opusCreate)
        simulators.stop()

        #expect([bought.status, refused.status] == [201, 503])
        #expect([counts.calls, counts.creates, counts.createsLost, counts.answered] == [3, 2, 1, 2])
        #expect(kill(simulators.processIdentifier, 0) == -1 && errno == ESRCH)
    }

    @Test func `a gate holds a call that has bought until it is released`() async throws {
        let simulators = try await Simulators.start()
        try await simulators.configure(.opus, ["images": 2])
        try await simulators.hold(.opusCreate, .after)

        async let answer = create(simulators)
        try await simulators.waitForCreates(.opusCreate, 1)
        let held = try await simulators.counts(.opusCreate)
        try await simulators.release(.opusCreate)

        #expect([held.creates, held.answered] == [1, 0])
        #expect(try await answer.status == 201)
    }

    @Test func `a wrong order is refused with its reason`() async throws {
        let simulators = try await Simulators.start()

        let refusal = await #expect(throws: Simulators.Refusal.self) {
            try await simulators.configure(.soke, ["nothing": 1])
        }

        #expect(refusal?.status == 400)
        #expect(refusal?.answer.contains("no setting `nothing`") == true)
    }
}
