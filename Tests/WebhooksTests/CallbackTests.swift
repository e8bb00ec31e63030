import HTTP
import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

struct CallbackTests {
    private let sealer = Sealer(key: randomBytes(Sealer.keyLength))
    /// As n8n writes it, with a suffix after the query.
    private let url = "https://N8N.example:5678/webhook-waiting/17?signature=ab%2Fcd%2fEF+%C3%BC/my-suffix"

    @Test func `opens as it was sealed, byte for byte`() throws {
        let headers = [CustomHeader("X-Api-Key", "a b\"c"), CustomHeader("x-api-key", "ü")]
        let callback = try Callback(url: url, headers: headers, events: [.queued, .failed])

        let opened = try Callback(unsealing: callback.sealed(with: sealer), with: sealer)

        #expect(opened == callback)
        #expect(Array(opened.url.utf8) == Array(url.utf8))
    }

    @Test func `does not open under another key or as another kind of secret`() throws {
        let sealed = try Callback(url: url).sealed(with: sealer)

        #expect(throws: UnsealingError.self) {
            try Callback(unsealing: sealed, with: Sealer(key: randomBytes(Sealer.keyLength)))
        }
        #expect(throws: UnsealingError.self) { try WebhookSecrets(unsealing: sealed, with: sealer) }
        let secret = WebhookSecrets(.generate()).sealed(with: sealer)
        #expect(throws: UnsealingError.self) { try Callback(unsealing: secret, with: sealer) }
    }

    @Test func `shows its host and events only`() throws {
        let summary = try Callback(url: url).summary()

        #expect(summary.host == "n8n.example")
        #expect(summary.events == [.completed, .failed, .cancelled])
        #expect(summary.lastStatus == nil)
    }

    @Test(arguments: ["", "n8n.example/x", "ftp://a.example/", "http://", "http://a b/", "http://a:0/"])
    func `refuses what is no http URL`(_ url: String) {
        let error = #expect(throws: WebhookSetupError.self) { try Callback(url: url) }

        #expect(error?.code == .invalidURL)
    }

    @Test func `refuses a URL longer than 2048 bytes`() throws {
        let base = "https://a.example/"
        let longest = base + String(repeating: "x", count: 2_048 - base.utf8.count)

        #expect(throws: Never.self) { try Callback(url: longest) }
        #expect(throws: WebhookSetupError.self) { try Callback(url: longest + "x") }
    }

    @Test(arguments: [
        "webhook-id", "Webhook-Signature", "WEBHOOK-anything", "Host", "content-length", "Content-Type",
        "Transfer-Encoding", "connection", "user-agent", "Proxy-Authorization", "", "a b", "a:b", "ä",
    ])
    func `refuses headers that are reserved or no names`(_ name: String) {
        let error = #expect(throws: WebhookSetupError.self) {
            try Callback(url: url, headers: [CustomHeader(name, "x")])
        }

        #expect(error?.code == .invalidHeader)
    }

    @Test func `refuses values with line breaks without repeating them`() {
        let error = #expect(throws: WebhookSetupError.self) {
            try Callback(url: url, headers: [CustomHeader("x-key", "hush\r\nhost: b")])
        }

        #expect(error?.code == .invalidHeader)
        #expect(error?.message.contains("hush") == false)
    }

    @Test func `takes sixteen headers`() throws {
        let headers = (1...16).map { CustomHeader("x-\($0)", "v") }

        #expect(throws: Never.self) { try Callback(url: url, headers: headers) }
        #expect(throws: WebhookSetupError.self) {
            try Callback(url: url, headers: headers + [CustomHeader("authorization", "Bearer x")])
        }
    }
}

struct EndpointURLTests {
    private func error(_ url: String, _ policy: AddressPolicy = .public) async throws -> WebhookSetupError? {
        var configuration = HTTPClient.Configuration()
        configuration.resolve = { host in
            switch host {
            case "private.example": [IPAddress("10.0.0.7")].compactMap(\.self)
            case "metadata.example": [IPAddress("169.254.169.254")].compactMap(\.self)
            case "public.example": [IPAddress("93.184.215.14")].compactMap(\.self)
            default: throw Unknown()
            }
        }
        let client = try HTTPClient(configuration: configuration)
        do {
            try await EndpointURL.validate(url, policy: policy, client: client)
            await client.shutdown()
            return nil
        } catch let error as WebhookSetupError {
            await client.shutdown()
            return error
        }
    }

    private struct Unknown: Error {}

    @Test(arguments: [
        "http://127.0.0.1:5678/webhook/1", "http://[::1]/", "http://10.1.2.3/", "http://2130706433/",
        "http://private.example/x",
    ])
    func `private addresses are refused with the setting that allows them`(_ url: String) async throws {
        let error = try #require(try await error(url))

        #expect(error.code.rawValue == "url_blocked_private_address")
        #expect(error.message.contains("--allow-private-webhooks"))
        #expect(!error.message.contains("10.0.0.7"))
    }

    @Test(arguments: [
        "http://169.254.169.254/", "http://[::ffff:169.254.169.254]/", "http://metadata.example/x",
    ])
    func `nobody is told to allow a metadata service`(_ url: String) async throws {
        for policy in [AddressPolicy.public, try .allowing(["169.254.0.0/16", "metadata.example"])] {
            let error = try #require(try await error(url, policy))

            #expect(error.code == .blockedPrivateAddress)
            #expect(error.message.contains("metadata"))
            #expect(!error.message.contains("--allow"))
            #expect(url.contains("169.254") || !error.message.contains("169.254"))
        }
    }

    @Test func `the operator's list allows them, metadata excepted`() async throws {
        let policy = try AddressPolicy.allowing(["127.0.0.0/8", "private.example"])

        #expect(try await error("http://127.0.0.1:5678/webhook/1", policy) == nil)
        #expect(try await error("http://private.example/x", policy) == nil)
        #expect(try await error("http://169.254.169.254/", policy) != nil)
    }

    @Test(arguments: ["https://public.example/hook?x=1", "https://not-there-yet.example/"])
    func `public and not yet resolvable hosts are accepted`(_ url: String) async throws {
        #expect(try await error(url) == nil)
    }

    @Test func `what is no URL has its own code`() async throws {
        #expect(try await error("not a url")?.code.rawValue == "url_invalid")
    }
}
