import Foundation
import HTTP
import Testing

extension ServerTests {
    @Suite struct FileTests {
        /// Serves a file of that many bytes at `/file`, and a missing one at `/missing`.
        private func withFile(bytes: Int, _ body: (Int, Server) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "http-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let path = folder.appending(path: "file").path
            try Data(repeating: 0x66, count: bytes).write(to: URL(filePath: path))
            func routes(_ router: inout Router) {
                router.on(.get, "/file") { _ in
                    await Task.yield()
                    return Response(status: 200, body: .file(path: path))
                }
                router.on(
                    .get, "/missing", immediate: { _ in Response(status: 200, body: .file(path: path + "x")) }
                )
                router.on(
                    .get, "/folder", immediate: { _ in Response(status: 200, body: .file(path: folder.path)) }
                )
                router.on(.get, "/healthz", immediate: { _ in .text("ok") })
            }
            try await withServer(routes: routes, body)
        }

        @Test(arguments: [0, 1, 100_000, 3_000_000])
        func `a file arrives whole with its length`(bytes: Int) async throws {
            try await withFile(bytes: bytes) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.get("/file")

                #expect(answer["Content-Length"] == "\(bytes)")
                #expect(answer.body.count == bytes && answer.body.allSatisfy { $0 == 0x66 })
            }
        }

        @Test func `HEAD gives a file's length without the file`() async throws {
            try await withFile(bytes: 5_000) { port, _ in
                let client = try RawClient(port: port)
                let request = "HEAD /file HTTP/1.1\r\nHost: t\r\n\r\n"

                let head = try await client.request(request, hasBody: false)
                let next = try await client.get("/healthz")

                #expect(head.status == 200 && head["Content-Length"] == "5000")
                #expect(next.text == "ok")
            }
        }

        @Test(arguments: ["/missing", "/folder"])
        func `what is no file is not found`(path: String) async throws {
            try await withFile(bytes: 1) { port, _ in
                let client = try RawClient(port: port)

                let answer = try await client.get(path)

                #expect(answer.status == 404 && answer.text == "nothing is at this path at \(path)")
            }
        }

        @Test func `a client that leaves in the middle kills neither the process nor its descriptor`()
            async throws
        {
            try await withFile(bytes: 30_000_000) { port, server in
                for _ in 0..<10 {
                    let client = try RawClient(port: port)
                    client.send("GET /file HTTP/1.1\r\nHost: t\r\n\r\n")
                    try await client.read(until: "ffff")
                    client.hangUp()
                }

                #expect(await eventually { server.connectionCount == 0 })
                #expect(await eventually { openFiles(endingWith: "/file") == 0 })
                #expect(try await RawClient(port: port).get("/healthz").text == "ok")
            }
        }

        private func openFiles(endingWith suffix: String) -> Int {
            let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            return descriptors.count { descriptor in
                let path = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/self/fd/\(descriptor)")
                return path?.hasSuffix(suffix) ?? false
            }
        }
    }
}
