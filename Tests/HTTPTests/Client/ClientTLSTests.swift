import Foundation
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct ClientTLSTests {
    @Test func `trusts a server whose authority it was given`() async throws {
        let server = try await TLSServer.start()
        defer { server.stop() }
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorityFile = server.certificate
        configuration.resolve = { _ in [.loopback] }
        let client = try HTTPClient(configuration: configuration)

        let response = try await client.send(
            OutboundRequest(url: "https://tls.test:\(server.port)/"), policy: .unrestricted)

        #expect(response.status == 200)
        #expect(response.version == .http10)
    }

    @Test func `offers HTTP/2 before HTTP/1.1`() async throws {
        let server = try LoopbackServer { connection in
            connection.server.record(String(decoding: connection.readSome(), as: UTF8.self))
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.failure(of: OutboundRequest(url: "https://tls.test:\(server.port)/"))

        #expect(error?.code == "tls_failed")
        #expect(server.requests.first?.contains("\u{2}h2\u{8}http/1.1") == true)
    }

    @Test func `refuses a certificate for another name`() async throws {
        let server = try await TLSServer.start()
        defer { server.stop() }
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorityFile = server.certificate
        configuration.resolve = { _ in [.loopback] }
        let client = try HTTPClient(configuration: configuration)

        let error = await client.failure(of: OutboundRequest(url: "https://other.test:\(server.port)/"))

        #expect(error?.code == "tls_failed")
    }

    @Test func `refuses a certificate of an unknown authority`() async throws {
        let server = try await TLSServer.start()
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.failure(of: OutboundRequest(url: "https://tls.test:\(server.port)/"))

        #expect(error?.code == "tls_failed")
    }
}

/// `openssl s_server` with a fresh certificate for tls.test; it answers with a page about the connection.
private struct TLSServer {
    let port: Int
    let certificate: String
    private let process: Process
    private let folder: URL

    static func start() async throws -> TLSServer {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let key = folder.appending(path: "key.pem").path
        let certificate = folder.appending(path: "certificate.pem").path
        let maker = try launch([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-out", certificate, "-days", "2", "-subj", "/CN=tls.test", "-addext",
            "subjectAltName=DNS:tls.test",
        ]).process
        maker.waitUntilExit()
        try #require(maker.terminationStatus == 0)
        let (process, output) = try launch([
            "s_server", "-accept", "127.0.0.1:0", "-www", "-key", key, "-cert", certificate, "-alpn",
            "http/1.1",
        ])
        let port = try #require(readPort(output))
        return TLSServer(port: port, certificate: certificate, process: process, folder: folder)
    }

    func stop() {
        process.terminate()
        try? FileManager.default.removeItem(at: folder)
    }

    private static func launch(_ arguments: [String]) throws -> (process: Process, output: FileHandle) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, pipe.fileHandleForReading)
    }

    /// From the line `ACCEPT 127.0.0.1:PORT`.
    private static func readPort(_ output: FileHandle) -> Int? {
        var text = ""
        while !text.contains("ACCEPT") || !text.hasSuffix("\n") {
            let piece = output.availableData
            if piece.isEmpty { return nil }
            text += String(decoding: piece, as: UTF8.self)
        }
        return text.split(separator: "\n").last?.split(separator: ":").last.flatMap { Int($0) }
    }
}
