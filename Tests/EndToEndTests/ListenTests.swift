import Foundation
import Glibc
import HTTP
import Imaging
import Signing
import TestSupport
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct Listen {
        @Test func `registers itself, verifies a delivery, saves the picture and unsubscribes`() async throws
        {
            let service = try await RunningService.startForLoopback()
            let pictures = try TemporaryFolder()
            let tool = try ToolProcess([
                "listen", "--port", "0", "--register", "--server", service.url, "--key", RunningService.key,
                "--count", "1", "--json", "--output-dir", pictures.path,
            ])
            _ = try await tool.line("listening")

            _ = try await service.post("/v1/jobs", .job("Listen"))
            let code = try await tool.exit()
            let endpoints = try await service.get("/v1/webhook-endpoints")

            #expect(code == 0, "\(tool.standardError)")
            let received = try await tool.line("received")
            #expect(received["verified"] == true)
            #expect(received["type"] == "thumbnail.completed")
            let path = try #require(try await tool.line("saved")["path"]?.string)
            let file = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(try ImageDecoder.probe([UInt8](file)).size == PixelSize(width: 320, height: 180))
            #expect(endpoints.json["data"]?.array?.isEmpty == true)
        }

        @Test func `answers 401 to what is not signed with its secret`() async throws {
            let secret = SigningSecret.generate()
            let tool = try ToolProcess(["listen", "--port", "0", "--secret", secret.text, "--json"])
            let url = try #require(try await tool.line("listening")["url"]?.string)

            let forged = try await post(to: url, signedWith: .generate())
            let genuine = try await post(to: url, signedWith: secret)
            tool.send(SIGTERM)
            let code = try await tool.exit()

            #expect(forged == 401)
            #expect(genuine == 204)
            #expect(tool.lines.compactMap { $0["event"]?.string } == ["listening", "rejected", "received"])
            #expect(code == 0)
        }

        @Test func `reads the server's stream and forwards events signed like deliveries`() async throws {
            let service = try await RunningService.start()
            let secret = SigningSecret.generate()
            let receiver = try WebhookReceiver()
            let tool = try ToolProcess([
                "listen", "--server", service.url, "--key", RunningService.key, "--secret", secret.text,
                "--forward-to", receiver.url(), "--count", "2", "--json",
            ])
            _ = try await tool.line("listening")

            let job = try await service.post("/v1/jobs?wait=55", .job("Through NAT"))
            let code = try await tool.exit()

            #expect(code == 0, "\(tool.standardError)")
            let forwarded = try #require(receiver.requests.first)
            #expect(throws: Never.self) { try forwarded.verify(secret: secret.text) }
            #expect(forwarded.json["data"]?["id"] == job.json["id"])
            #expect(forwarded.headers["webhook-id"] == forwarded.json["id"]?.string)
            #expect(try await tool.line("received")["forwardedStatus"] == 204)
            await receiver.stop()
        }

        @Test func `goes on behind the last event when the server comes back`() async throws {
            let first = try await RunningService.start()
            let tool = try ToolProcess([
                "listen", "--server", first.url, "--key", RunningService.key, "--json",
            ])
            _ = try await tool.line("listening")
            _ = try await first.post("/v1/jobs?wait=55", .job("before"))
            try await eventually("the first job's events") {
                tool.lines.contains { $0["type"] == "thumbnail.completed" }
            }

            try await first.tool.killAtOnce()
            let second = try await RunningService.start(on: first.folder, port: first.port)
            _ = try await second.post("/v1/jobs?wait=55", .job("after"))
            try await eventually("both jobs' ends: \(tool.standardOutput)") {
                tool.lines.filter { $0["type"] == "thumbnail.completed" }.count == 2
            }

            let received = tool.lines.filter { $0["event"] == "received" }
            #expect(Set(received.compactMap { $0["id"]?.string }).count == received.count)
        }

        @Test func `fails at once when the server refuses the key`() async throws {
            let service = try await RunningService.start()

            let tool = try ToolProcess(["listen", "--server", service.url, "--key", "nope"])
            let code = try await tool.exit()

            #expect(code == 1)
            #expect(tool.standardError.contains("401"))
        }

        private func post(to url: String, signedWith secret: SigningSecret) async throws -> Int {
            let body = Array(#"{"id":"evt_1","type":"thumbnail.failed","data":{}}"#.utf8)
            let now = Int64(Date().timeIntervalSince1970)
            let signature = StandardWebhooks.signature(
                id: "evt_1", timestamp: now, body: body, secret: secret)
            let request = OutboundRequest(
                method: .post, url: url,
                headers: [
                    "webhook-id": "evt_1", "webhook-timestamp": "\(now)", "webhook-signature": signature,
                ], body: body)
            return try await HTTPClient().send(request, policy: .unrestricted).status
        }
    }
}
