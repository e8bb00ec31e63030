import HTTP
import Testing
import Webhooks

@testable import ThumbwireService

@Suite struct OpenFilesTests {
    @Test(arguments: [128, 256, 512, 1_024, 4_096, 16_384, 32_768])
    func `what clients, receivers and kept connections may hold together leaves some`(limit: Int) throws {
        let bounds = Bounds(OpenFiles(limit: limit))

        let connections = bounds.server.maximumConnections
        let held =
            connections + connections / 16 + bounds.dispatcher.maximumSlow + bounds.dispatcher.maximumInFlight
            + bounds.client.maximumIdleConnections
        #expect(held <= limit - min(limit / 2, 128))
        #expect(bounds.server.maximumConnections > 0)
        let waiting = try #require(bounds.server.maximumWaiting)
        #expect(waiting < connections)
        #expect(waiting >= connections / 2)
        #expect(bounds.dispatcher.maximumInFlight > 0)
    }

    @Test func `where enough are allowed nothing is less than it would be`() {
        let bounds = Bounds(OpenFiles(limit: OpenFiles.few))
        let unbound = Dispatcher.Configuration()

        #expect(bounds.dispatcher.maximumSlow == unbound.maximumSlow)
        #expect(bounds.dispatcher.maximumInFlight == unbound.maximumInFlight)
        #expect(
            bounds.client.maximumIdleConnections == HTTPClient.Configuration().maximumIdleConnections)
    }

    @Test func `ten thousand may wait where there are descriptors for them`() {
        #expect(Bounds(OpenFiles(limit: 16_384)).server.maximumWaiting ?? 0 >= 10_000)
    }
}

private struct Bounds {
    var server = Server.Configuration()
    var dispatcher = Dispatcher.Configuration()
    var client = HTTPClient.Configuration()

    init(_ files: OpenFiles) {
        files.bound(&dispatcher)
        files.bound(&client)
        files.bound(&server, beside: dispatcher, client)
    }
}
