import Foundation
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("Candidates", .timeLimit(.minutes(10)))
struct CandidateTests {
    static func chain(_ providers: String, _ more: String = "", steps: String = "") -> String {
        """
        { "version": 1, "providers": {
            "picky": { "plugin": "picky", "config": { "label": "LABEL-picky" } },
            "main": { "plugin": "billed", "config": { "label": "LABEL" } },
            "second": { "plugin": "billed", "config": { "label": "LABEL-second" } },
            "resort": { "plugin": "resort" } },
          "chains": { "default": { "providers": [\(providers)], \(more)
            "steps": [ \(steps) { "use": "stamp" } ] } } }
        """
    }

    @Test func `a provider that cannot serve is passed over with a warning and is no fallback`() async throws
    {
        try await EngineHarness.run(chain: Self.chain("\"picky\", \"main\"")) { harness in
            harness.script.onCreate { _ in Script.picture }

            let job = try await harness.ended(harness.submit().id)

            #expect(job.provider == "main")
            #expect(job.fallback == nil)
            #expect(job.warnings == [Warning(code: "provider_skipped", message: "picky needs videoUrl")])
            #expect(job.steps.map(\.status) == [.skipped, .succeeded, .succeeded])
        }
    }

    @Test func `a request that nobody can serve is refused with every reason`() async throws {
        try await EngineHarness.run(chain: Self.chain("\"picky\"")) { harness in
            let lacking = await #expect(throws: Failure.self) { try await harness.submit() }
            let odd = await #expect(throws: Failure.self) {
                try await harness.submit {
                    $0.request = ThumbnailRequest(title: "odd")
                    $0.request.videoURL = "https://example.com/v"
                }
            }

            #expect(lacking?.code == "provider_unsuitable")
            #expect(lacking?.message.contains("picky needs videoUrl") == true)
            #expect(odd?.message.contains("picky reads no odd titles") == true)
        }
    }

    @Test func `a paused provider makes way, and the job says why`() async throws {
        try await EngineHarness.run(chain: Self.chain("\"main\", \"second\"")) { harness in
            harness.services.gates.pause(
                ProviderPause(provider: "main", until: nil, reason: "holiday", at: .noon), now: .noon)
            Script.named(harness.label + "-second").onCreate { _ in Script.picture }

            let job = try await harness.ended(harness.submit().id)

            #expect(job.provider == "second")
            #expect(job.fallback?.from == "main")
            #expect(job.steps.map(\.status) == [.skipped, .succeeded, .succeeded])
            #expect(harness.script.requests.isEmpty)
        }
    }

    @Test func `the last provider's pause is waited for within the deadline`() async throws {
        try await EngineHarness.run(chain: Self.chain("\"main\"")) { harness in
            harness.services.gates.pause(
                ProviderPause(provider: "main", until: .noon + .seconds(30), reason: "short", at: .noon),
                now: .noon)
            harness.script.onCreate { _ in Script.picture }
            let id = try await harness.submit().id
            let resting = try await harness.job(id) { $0.state == .waiting }

            let job = try await harness.endedInTime(id)

            #expect(resting.steps.isEmpty)
            #expect(job.state == .completed)
            #expect(job.steps.first?.attempt == 1)
            #expect(harness.clock.now() >= .noon + .seconds(30))
        }
    }

    @Test func `a pause beyond the deadline is the job's failure`() async throws {
        try await EngineHarness.run(chain: Self.chain("\"main\"")) { harness in
            harness.services.gates.pause(
                ProviderPause(provider: "main", until: nil, reason: "holiday", at: .noon), now: .noon)

            let job = try await harness.ended(harness.submit().id)

            #expect(job.state == .failed)
            #expect(job.steps.map(\.status) == [.skipped])
            #expect(harness.script.requests.isEmpty)
        }
    }

    @Test func `the purpose follows the chain's title step and the request`() throws {
        let label = "unused"
        func purpose(_ steps: String, _ layout: LayoutType? = nil) throws -> GenerationRequest.Purpose {
            let text = Self.chain("\"main\"", steps: steps).replacingOccurrences(of: "LABEL", with: label)
            let registry = try Registry(document: JSONValue(parsing: text), catalog: .testing) { _ in nil }
            var request = ThumbnailRequest(title: "A")
            request.layoutType = layout
            return registry.purpose(of: request, in: try registry.chain(named: nil, face: .native))
        }

        #expect(try purpose("") == .finished)
        #expect(try purpose("{ \"use\": \"layout\" },") == .background(.textBottom))
        #expect(try purpose("{ \"use\": \"layout\" },", .textRight) == .background(.textRight))
        #expect(try purpose("{ \"use\": \"layout\", \"if\": \"template.overlay\" },") == .finished)
    }

    @Test func `what a result says of itself outlives a crash and reaches the composition`() async throws {
        let chain = Self.chain("\"main\"", steps: "{ \"use\": \"layout\" },")
        let fuse = Fuse(.afterResult)
        let first = try await EngineHarness(chain: chain, faults: fuse.points)
        first.script.onCreate { _ in
            .finished(
                GenerationResult(
                    pictures: [
                        .init(
                            bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], mediaType: "image/jpeg")
                    ], product: .composed, provenance: ["editorState": ["a": 1]]))
        }
        let id = first.label
        try await first.use { harness in
            _ = try await harness.submit {
                $0.session = id
                $0.request.variants = 2
            }
            try await harness.wait { fuse.isBlown }
        }

        try await first.next(chain: chain).use { harness in
            let known = try await harness.store.jobs(JobQuery(account: harness.account.id)).items[0]
            let job = try await harness.ended(known.id)
            let text = try #require(await harness.store.composition(of: job.id, variant: 0))
            let composition = try Composition(json: JSONValue(parsing: text))
            let bought = try #require(job.steps.first?.artifacts.first)
            let artifact = try #require(await harness.store.artifact(bought, of: harness.account.id))

            #expect(composition.provenance["main"] == ["editorState": ["a": 1]])
            #expect(composition.provenance["product"] == "composed")
            #expect(composition.layers.first?.isLocked == true)
            #expect(artifact.mediaType == "image/png")
            #expect(job.warnings.map(\.code) == ["fewer_variants"])
        }
    }

    @Test func `a provenance that is too large is cut with a note`() {
        let large = JSONValue.string(String(repeating: "x", count: 70_000))

        let cut = boundedProvenance(["editorState": large, "model": "m"])

        #expect(cut["model"] == "m")
        #expect(cut["cut"] == ["editorState"])
        #expect(JSONValue.object(cut).serialized().count <= 64 << 10)
        #expect(boundedProvenance(["model": "m"]) == ["model": "m"])
    }

    @Test func `an order that was answered without a picture is not given to another provider`() async throws
    {
        try await EngineHarness.run(chain: Self.chain("\"main\", \"second\"")) { harness in
            harness.script.onCreate { _ in .finished(GenerationResult(pictures: [])) }

            let job = try await harness.ended(harness.submit().id)

            #expect(job.failure?.code == "provider_returned_nothing")
            #expect(harness.script.requests.count == 1)
            #expect(Script.named(harness.label + "-second").requests.isEmpty)
        }
    }
}

@Suite("Hedges", .timeLimit(.minutes(10)))
struct HedgeTests {
    static let chain = CandidateTests.chain(
        "\"main\", \"second\"", "\"hedge\": \"20s\", \"allowDoublePurchase\": true,")

    @Test func `the second finishes first, and the first's order is given up and noted`() async throws {
        try await EngineHarness.run(chain: Self.chain) { harness in
            let started = harness.script.onCreateHang()
            Script.named(harness.label + "-second").onCreate { _ in Script.picture }
            let id = try await harness.submit().id
            await started.wait()
            // The leases, the job's deadline, the order's and the hedge's.
            try await harness.wait { harness.clock.sleeperCount >= 4 }

            try await harness.pass {
                try await harness.store.job(id, of: nil)?.state.isTerminal == true
            }
            let job = try await harness.ended(id)

            #expect(job.state == .completed)
            #expect(job.provider == "second")
            #expect(job.fallback == nil)
            #expect(job.steps.first { $0.id == "main" }?.failure?.code == "provider_outcome_unknown")
            #expect(job.steps.first { $0.id == "second" }?.status == .succeeded)
        }
    }

    @Test func `who answers before the time is alone`() async throws {
        try await EngineHarness.run(chain: Self.chain) { harness in
            harness.script.onCreate { _ in Script.picture }

            let job = try await harness.ended(harness.submit().id)

            #expect(job.provider == "main")
            #expect(Script.named(harness.label + "-second").requests.isEmpty)
        }
    }

    @Test func `the slower ticket is cancelled and followed until its cost is known`() async throws {
        try await EngineHarness.run(chain: Self.chain) { harness in
            let second = Script.named(harness.label + "-second")
            harness.script.onCreate { _ in .pending(ticket: "slow", pollAfter: .seconds(600)) }
            harness.script.onPoll { _ in OpenTicketTests.costly }
            second.onCreate { _ in Script.picture }

            let id = try await harness.submit().id
            let job = try await harness.endedInTime(id)
            try await harness.pass {
                try await harness.store.openTicketCount(of: "main") == 0
            }
            let settled = try #require(await harness.store.job(id, of: nil))

            #expect(job.provider == "second")
            #expect(harness.script.cancelledTickets == ["slow"])
            #expect(settled.steps.first { $0.id == "main" }?.cost == Cost(amount: 4, unit: "credits"))
            #expect(settled.state == .completed)
        }
    }
}
