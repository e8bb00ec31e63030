import Glibc
import Synchronization
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10))) struct ClientAddressTests {
    @Test func `refuses a loopback address before connecting`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()

        let error = await client.failure(of: OutboundRequest(url: server.url), policy: .public)

        #expect(error == .blockedAddress(host: "127.0.0.1", address: .loopback, purpose: "loopback"))
        #expect(server.connections == 0)
    }

    @Test func `refuses a name when one of its addresses is refused`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let metadata = try #require(IPAddress("169.254.169.254"))
        let client = try HTTPClient.make { _ in [.loopback, metadata] }
        let policy = try AddressPolicy.allowing(["127.0.0.0/8", "mixed.test"])

        let error = await client.failure(
            of: OutboundRequest(url: "http://mixed.test:\(server.port)/"), policy: policy)

        #expect(error == .blockedAddress(host: "mixed.test", address: metadata, purpose: "cloud metadata"))
        #expect(server.connections == 0)
    }

    @Test func `reaches a private address through its allow-list`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()

        for entry in ["127.0.0.0/8", "n8n.test"] {
            let response = try await client.send(
                OutboundRequest(url: "http://n8n.test:\(server.port)/"), policy: .allowing([entry]))
            #expect(response.status == 200)
        }
    }

    @Test func `connects to the address that was checked, whatever the name says later`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let lookups = Atomic(0)
        let rebound = try #require(IPAddress("169.254.169.254"))
        let client = try HTTPClient.make { _ in
            lookups.wrappingAdd(1, ordering: .relaxed).oldValue == 0 ? [.loopback] : [rebound]
        }
        let request = OutboundRequest(url: "http://rebind.test:\(server.port)/")
        let policy = try AddressPolicy.allowing(["127.0.0.1"])

        let first = try await client.send(request, policy: policy)
        let second = await client.failure(of: request, policy: policy)

        #expect(first.remoteAddress == .loopback)
        #expect(second?.code == "blocked_address")
        #expect(server.requests.count == 1)
    }

    @Test func `does not lend a kept connection to a request whose policy refuses its address`() async throws
    {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let client = try HTTPClient.make()
        let request = OutboundRequest(url: "http://kept.test:\(server.port)/")

        _ = try await client.send(request, policy: .unrestricted)
        let error = await client.failure(of: request, policy: .public)

        #expect(error?.code == "blocked_address")
        #expect(server.requests.count == 1)
    }

    @Test func `does not lend a kept connection to another address of the same host`() async throws {
        let server = try LoopbackServer.answering()
        defer { server.stop() }
        let moved = Atomic(false)
        let client = try HTTPClient.make { _ in
            moved.load(ordering: .relaxed) ? [IPAddress(v4: 0x7F00_0002)] : [.loopback]
        }
        let request = OutboundRequest(url: "http://moving.test:\(server.port)/")

        _ = try await client.send(request, policy: .unrestricted)
        moved.store(true, ordering: .relaxed)
        let error = await client.failure(of: request)

        #expect(error?.code == "connect_failed")
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/meta-data/", "http://[::ffff:a9fe:a9fe]/", "http://metadata.test/",
    ])
    func `does not follow a redirect to a metadata address`(location: String) async throws {
        let server = try LoopbackServer { connection in
            while connection.readRequest() != nil {
                connection.answer("302 Found", headers: ["Location: \(location)"])
            }
        }
        defer { server.stop() }
        let metadata = try #require(IPAddress("169.254.169.254"))
        let client = try HTTPClient.make { $0 == "metadata.test" ? [metadata] : [.loopback] }
        let request = OutboundRequest(url: server.url, followRedirects: 3)

        let error = await client.failure(of: request, policy: try .allowing(["0.0.0.0/0", "metadata.test"]))

        #expect(error?.code == "blocked_address")
    }

    @Test func `hands a redirect out unless asked to follow, and never follows with POST`() async throws {
        let server = try LoopbackServer { connection in
            while connection.readRequest() != nil {
                connection.answer("302 Found", headers: ["Location: /b"])
            }
        }
        defer { server.stop() }
        let client = try HTTPClient.make()

        let get = try await client.send(OutboundRequest(url: server.url), policy: .unrestricted)
        let post = try await client.send(
            OutboundRequest(method: .post, url: server.url, followRedirects: 3), policy: .unrestricted)

        #expect(get.status == 302)
        #expect(post.status == 302)
        #expect(server.requests.count == 2)
    }

    @Test func `follows as many redirects as asked`() async throws {
        let server = try LoopbackServer { connection in
            while let request = connection.readRequest() {
                let next = ["GET /a ": "/b", "GET /b ": "c"].first { request.hasPrefix($0.key) }?.value
                guard let next else {
                    connection.answer(body: "end")
                    continue
                }
                connection.answer("307 Temporary Redirect", headers: ["Location: \(next)"])
            }
        }
        defer { server.stop() }
        let client = try HTTPClient.make()
        var request = OutboundRequest(url: server.url + "/a", followRedirects: 2)

        let response = try await client.send(request, policy: .unrestricted)
        request.followRedirects = 1
        let error = await client.failure(of: request)

        #expect(String(decoding: response.body, as: UTF8.self) == "end")
        #expect(response.url == server.url + "/c")
        #expect(error == .tooManyRedirects(limit: 1))
    }

    @Test func `takes no secrets along to another origin`() async throws {
        let target = try LoopbackServer.answering()
        let server = try LoopbackServer { connection in
            while connection.readRequest() != nil {
                connection.answer("302 Found", headers: ["Location: \(target.url)/x"])
            }
        }
        defer { server.stop() }
        defer { target.stop() }
        let client = try HTTPClient.make()
        let headers: Headers = ["Authorization": "Bearer t", "X-Api-Key": "k", "Accept": "image/png"]
        let url = "http://u:p@127.0.0.1:\(server.port)/"

        _ = try await client.send(
            OutboundRequest(url: url, headers: headers, followRedirects: 1), policy: .unrestricted)

        let sent = try #require(target.requests.first)
        #expect(sent.contains("Accept: image/png\r\n"))
        #expect(!sent.contains("Authorization") && !sent.contains("X-Api-Key"))
    }

    @Test func `judges a URL before it is stored`() async throws {
        let client = try HTTPClient.make { host in
            if host == "missing.test" { throw SystemResolver.Failure(description: "no such name") }
            return host == "public.test" ? [IPAddress(v4: 0x0808_0808)] : [.loopback]
        }

        #expect(try await client.precheck("https://public.test/hook", policy: .public) == .allowed)
        #expect(try await client.precheck("https://missing.test/hook", policy: .public) == .unresolved)
        #expect(try await client.precheck("https://127.1/", policy: .allowing(["127.0.0.1"])) == .allowed)
        await #expect(throws: ClientError.self) {
            try await client.precheck("https://private.test/hook", policy: .public)
        }
        await #expect(throws: ClientError.self) {
            try await client.precheck("ftp://public.test/", policy: .public)
        }
    }

    @Test func `takes no proxy from the environment`() async throws {
        await #expect(processExitsWith: .success) {
            let proxy = try LoopbackServer.answering("from the proxy")
            let server = try LoopbackServer.answering("from the server")
            for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"] {
                setenv(name, proxy.url, 1)
            }
            let client = try HTTPClient.make()

            let response = try await client.send(OutboundRequest(url: server.url), policy: .unrestricted)
            let blocked = await client.failure(
                of: OutboundRequest(url: "http://169.254.169.254/"), policy: .public)

            #expect(String(decoding: response.body, as: UTF8.self) == "from the server")
            #expect(blocked?.code == "blocked_address")
            #expect(proxy.connections == 0)
        }
    }
}
