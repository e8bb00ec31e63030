import Testing
import ThumbwireKit

@testable import Engine

struct ProviderListTests {
    private static let chain = """
        { "version": 1,
          "providers": {
            "main": { "plugin": "scripted", "config": { "label": "LABEL" } },
            "paid": { "plugin": "billed", "config": { "label": "${env:PAID_NAME}" }, "enabled": "if-configured" },
            "off": { "plugin": "scripted", "enabled": false } },
          "chains": { "default": { "providers": ["main", "paid"], "steps": [ { "use": "stamp" } ] } } }
        """

    @Test func `lists every provider of the file, and why one is not enabled`() async throws {
        try await EngineHarness.run(chain: Self.chain, isRunning: false) { harness in
            let list = try await harness.engine.providers()

            #expect(list.map(\.name) == ["main", "paid", "off"])
            #expect(list.map(\.plugin) == ["scripted", "billed", "scripted"])
            #expect(list.map(\.isEnabled) == [true, false, false])
            #expect(
                list.map(\.disabledReason)
                    == [nil, "PAID_NAME is not set", "\"enabled\" is false in the file"])
            #expect(list.allSatisfy { $0.circuit == .closed && $0.pause == nil && $0.openTickets == 0 })
        }
    }

    @Test func `knows no provider that the file does not declare`() async throws {
        try await EngineHarness.run(chain: Self.chain, isRunning: false) { harness in
            let isPaused = try await harness.engine.pause(provider: "nobody", until: nil, reason: "x")
            let isResumed = try await harness.engine.resume(provider: "nobody")

            #expect(!isPaused && !isResumed)
        }
    }
}
