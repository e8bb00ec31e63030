import Foundation
import TestSupport
import ThumbwireKit

/// A simulated paid service, and a data folder whose one chain orders from it alone.
struct PaidService: Sendable {
    /// Which of the three, and how its answer comes.
    enum Kind: String, Sendable, CaseIterable {
        case soke, opus, dalle

        /// False where the pictures are in the answer to the order itself.
        var givesTickets: Bool { self != .dalle }

        var create: Simulators.Operation {
            switch self {
            case .soke: .sokeGenerateBackground
            case .opus: .opusCreate
            case .dalle: .openAIGenerate
            }
        }

    }

    let kind: Kind
    let simulators: Simulators
    let folder: TemporaryFolder

    init(_ kind: Kind) async throws {
        self.kind = kind
        simulators = try await Simulators.start()
        folder = try TemporaryFolder()
        let base =
            switch kind {
            case .soke: simulators.sokeURL
            case .opus: simulators.opusURL
            case .dalle: simulators.openAIURL
            }
        let file: JSONValue = [
            "version": 1,
            "providers": [
                "paid": [
                    "plugin": .string(kind.rawValue),
                    "config": ["apiKey": "sk-test-0123456789", "baseUrl": .string(base)],
                ]
            ],
            "chains": [
                "default": [
                    "providers": ["paid"],
                    "steps": [["use": "smart-crop"], ["use": "layout"], ["use": "encode"]],
                ]
            ],
        ]
        try Data(file.serialized()).write(to: URL(fileURLWithPath: folder.path + "/plugins.json"))
    }

    /// Starts the service on the folder; `fault` is where it ends itself. Webhooks may go to receivers of the test.
    func start(fault: String? = nil) async throws -> RunningService {
        try await RunningService.start(
            on: folder, environment: fault.map { ["THUMBWIRE_FAULT": $0] } ?? [:], "--plugins",
            folder.path + "/plugins.json", "--allow-private-webhooks", "127.0.0.1")
    }

    /// Submits a job; the service may be gone before it answers.
    func submit(to service: RunningService, title: String = "Bought once") async throws {
        let more: JSONObject = ["videoUrl": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"]
        _ = try? await service.post("/v1/jobs", .job(title, kind == .opus ? more : [:]))
    }

    /// All jobs, once each has ended.
    func endedJobs(of service: RunningService) async throws -> [JSONValue] {
        let list = try await service.get("/v1/jobs?limit=100").json["data"]?.array ?? []
        var ended: [JSONValue] = []
        for id in list.compactMap({ $0["id"]?.string }) { ended.append(try await service.finished(id)) }
        return ended
    }

    func creates() async throws -> Simulators.Counts { try await simulators.counts(kind.create) }
}
