import Foundation
import HTTP
import TestSupport
import Testing
import ThumbwireKit

extension EndToEnd {
    /// The receivers that the folder `webhooks/verify` offers to consumers, on deliveries of the real service.
    @Suite struct VerifyScripts {
        @Test func `verify_py accepts what the service sends`() async throws {
            let service = try await RunningService.startForLoopback()
            let hook = try await service.subscribe("http://127.0.0.1:9/later")
            let script = try ScriptProcess(
                ["python3", "verify.py", "--port", "0", "--count", "1"], secret: hook.secret)
            let url = try #require(try await script.firstLine().split(separator: " ").last)
            let change: JSONValue = ["url": .string(String(url) + "/")]
            let changed = try await service.send(
                .patch, "/v1/webhook-endpoints/\(hook.id)", body: change.serialized())

            _ = try await service.post("/v1/jobs", .job("Python"))
            let code = try await script.exit()

            #expect(changed.status == 200)
            #expect(code == 0)
            #expect(script.output.contains("thumbnail.completed"))
        }

        @Test func `verify_sh accepts a delivery and refuses a changed one`() async throws {
            let service = try await RunningService.startForLoopback()
            let receiver = try WebhookReceiver()
            let endpoint = try await service.subscribe(receiver.url())
            _ = try await service.post("/v1/jobs", .job("Shell"))
            let webhook = try #require(try await receiver.requests(atLeast: 1).first)
            let folder = try TemporaryFolder()
            let fields = webhook.headers.fields.map { "\($0.name): \($0.value)\r\n" }.joined()
            try Data(fields.utf8).write(to: URL(fileURLWithPath: folder.path + "/headers"))
            try Data(webhook.body).write(to: URL(fileURLWithPath: folder.path + "/good"))
            try Data(webhook.body + [0x20]).write(to: URL(fileURLWithPath: folder.path + "/bad"))

            var codes: [Int32] = []
            for body in ["good", "bad"] {
                let script = try ScriptProcess(
                    ["bash", "verify.sh", folder.path + "/headers", "\(folder.path)/\(body)"],
                    secret: endpoint.secret)
                codes.append(try await script.exit())
            }

            #expect(codes == [0, 1])
            await receiver.stop()
        }
    }
}

/// One of the scripts as a process of its own.
private final class ScriptProcess: Sendable {
    private let process: ChildProcess

    /// `words` are the interpreter, the script's name and its arguments.
    init(_ words: [String], secret: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let script = root.appendingPathComponent("webhooks/verify/\(words[1])").path
        process = try ChildProcess(
            ["/usr/bin/env", words[0], script] + words.dropFirst(2),
            environment: ProcessInfo.processInfo.environment.merging(["THUMBWIRE_SECRET": secret]) { $1 })
    }

    var output: String { process.standardOutput }

    func firstLine() async throws -> String {
        try await eventually("a first line of output") {
            output.contains("\n") ? String(output.prefix { $0 != "\n" }) : nil
        }
    }

    func exit() async throws -> Int32 {
        try await process.exit()
    }
}
