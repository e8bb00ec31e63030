import Foundation
import HTTP
import Persistence
import Signing
import TestSupport
import Testing
import ThumbwireKit

@testable import Webhooks

/// The receivers that `webhooks/verify/` offers take what the dispatcher sends.
@Suite(.timeLimit(.minutes(10)))
struct VerifyScriptTests {
    private let scripts = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../webhooks/verify").standardized

    /// A script that runs, with the lines it prints.
    private final class Script {
        let process = Process()
        private let output = Pipe()

        init(_ executable: URL, _ arguments: [String], environment: [String: String]) throws {
            process.executableURL = executable
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardOutput = output
            try process.run()
        }

        func readLine() -> String {
            var line: [UInt8] = []
            while let byte = output.fileHandleForReading.readData(ofLength: 1).first, byte != 0x0A {
                line.append(byte)
            }
            return String(decoding: line, as: UTF8.self)
        }

        func wait() -> Int32 {
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    /// What the Python receiver makes of one delivery, knowing that secret; `nil` stands for the right one.
    private func deliverToPython(
        knowing known: String?, _ check: (Event, Delivery, _ line: String, _ exit: Int32) throws -> Void
    ) async throws {
        try await Fixture.use { fixture in
            var endpoint = Endpoint(
                id: EndpointID(rawValue: "ep_a"), account: fixture.account, url: "http://127.0.0.1/",
                events: [.webhookTest], createdAt: fixture.clock.now())
            let secret = fixture.callbackSecret
            let script = try Script(
                scripts.appending(path: "verify.py"), ["--port", "0", "--count", "1"],
                environment: ["THUMBWIRE_SECRET": known ?? secret.text])
            endpoint.url = try String(#require(script.readLine().split(separator: " ").last)) + "/"
            try await fixture.store.insert(
                endpoint, secret: WebhookSecrets(secret).sealed(with: fixture.sealer))
            // The script compares with the system's clock.
            let present = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
            fixture.clock.advance(by: present - fixture.clock.now())
            try await fixture.dispatching(fixture.dispatcher()) {
                let event = try await fixture.emit(to: endpoint)
                let delivery = try await fixture.delivery(to: endpoint, after: 1)
                try check(event, delivery, script.readLine(), script.wait())
            }
        }
    }

    @Test func `the Python receiver takes a delivery and prints its event`() async throws {
        try await deliverToPython(knowing: nil) { event, delivery, line, exit in
            #expect(delivery.status == .delivered)
            let (printed, sent) = (try JSONValue(parsing: line), try JSONValue(parsing: event.body))
            #expect(printed == sent)
            #expect(exit == 0)
        }
    }

    @Test func `the Python receiver refuses what another secret signed`() async throws {
        let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        try await deliverToPython(knowing: other) { _, delivery, line, exit in
            #expect(delivery.lastStatusCode == 401)
            #expect(line.hasPrefix("refused: "))
            #expect(exit == 1)
        }
    }

    @Test func `the shell receiver takes a saved delivery`() async throws {
        try await Fixture.use { fixture in
            let (endpoint, secret) = try await fixture.addEndpoint("a")
            try await fixture.dispatching(fixture.dispatcher()) {
                try await fixture.emit(to: endpoint)
                _ = try await fixture.delivery(to: endpoint, after: 1)
            }
            let request = try #require(fixture.receiver.requests("/a").first)
            let lines = request.headers.fields.map { "\($0.name): \($0.value)\r\n" }.joined()
            try Data(lines.utf8).write(to: URL(filePath: fixture.folder + "/headers"))
            try Data(request.body).write(to: URL(filePath: fixture.folder + "/body"))
            func run(_ secret: String) throws -> Int32 {
                try Script(
                    scripts.appending(path: "verify.sh"),
                    [fixture.folder + "/headers", fixture.folder + "/body"],
                    environment: [
                        "THUMBWIRE_SECRET": secret, "NOW": "\(fixture.clock.now().seconds + 60)",
                    ]
                ).wait()
            }

            #expect(try run(secret.text) == 0)
            #expect(try run(fixture.callbackSecret.text) == 1)
        }
    }
}
