import Foundation
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct ClientLifecycleTests {
    @Test func `cancelling the task ends the transfer and its connection`() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.waitForEnd()
            connection.server.record("closed")
        }
        defer { server.stop() }
        let client = try HTTPClient.make()
        let task = Task {
            await client.failure(of: OutboundRequest(url: server.url, deadline: .seconds(600)))
        }
        await until { server.requests.count == 1 }

        task.cancel()
        let error = await task.value
        await until { server.requests.count == 2 }

        #expect(error == .cancelled)
        #expect(server.requests.last == "closed")
    }

    @Test func `a cancelled task sends nothing`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let task = Task {
            await until { Task.isCancelled }
            return await client.failure(of: OutboundRequest(url: server.url))
        }

        task.cancel()

        #expect(await task.value == .cancelled)
        #expect(server.connections == 0)
    }

    @Test func `cancelling ends the wait for a look-up`() async throws {
        let gate = Gate()
        defer { gate.open() }
        let client = try HTTPClient.make { _ in
            gate.wait()
            return [.loopback]
        }
        let send = Task {
            await client.failure(of: OutboundRequest(url: "http://stuck.test/", deadline: .seconds(600)))
        }
        let precheck = Task { try await client.precheck("http://stuck.test/", policy: .public) }
        await until { gate.waiting == 1 }

        send.cancel()
        precheck.cancel()

        #expect(await send.value == .cancelled)
        await #expect(throws: ClientError.cancelled) { try await precheck.value }
    }

    @Test func `shutdown ends what is under way and refuses what comes after`() async throws {
        let server = try LoopbackServer.silent()
        defer { server.stop() }
        let gate = Gate()
        defer { gate.open() }
        let client = try HTTPClient.make { _ in
            gate.wait()
            return [.loopback]
        }
        let long = Duration.seconds(600)
        let waiting = Task { await client.failure(of: OutboundRequest(url: server.url, deadline: long)) }
        let resolving = Task {
            await client.failure(of: OutboundRequest(url: "http://stuck.test/", deadline: long))
        }
        await until { server.requests.count == 1 && gate.waiting == 1 }

        async let first: Void = client.shutdown()
        async let second: Void = client.shutdown()
        _ = await (first, second)

        #expect(await waiting.value == .shutdown)
        #expect(await resolving.value == .shutdown)
        #expect(await client.failure(of: OutboundRequest(url: server.url)) == .shutdown)
        await client.shutdown()
    }

    @Test func `leaves no descriptor and no thread behind`() async {
        await #expect(processExitsWith: .success) {
            let server = try LoopbackServer.answering()
            try await Self.use(server)
            await until { server.isIdle }
            // The system's own descriptors, such as Dispatch's timer, may come later: fewer than one a client.
            let limit = Self.openDescriptors() + 10

            for _ in 0..<10 { try await Self.use(server) }

            await until { Self.clientThreads().isEmpty && Self.openDescriptors() < limit }
            #expect(Self.clientThreads().isEmpty)
            #expect(Self.openDescriptors() < limit)
        }
    }

    /// A client's whole life: requests that succeed, that fail, and that are cut off.
    private static func use(_ server: LoopbackServer) async throws {
        let client = try HTTPClient.make()
        let hung = try LoopbackServer.silent()
        let cutOff = Task { await client.failure(of: OutboundRequest(url: hung.url)) }
        for _ in 0..<5 {
            _ = try await client.send(
                OutboundRequest(url: "http://some.test:\(server.port)/"), policy: .unrestricted)
            _ = await client.failure(of: OutboundRequest(url: "http://127.0.0.1:1/"))
        }
        await until { hung.requests.count == 1 }
        await client.shutdown()
        _ = await cutOff.value
        hung.stop()
        await until { hung.isIdle }
    }

    private static func openDescriptors() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }

    private static func clientThreads() -> [String] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return tasks.compactMap { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
            .filter { $0.hasPrefix("http-client") || $0.hasPrefix("resolver") }
    }
}
