import HTTP
import Testing
import Webhooks

@testable import ThumbwireService

@Suite struct OpenFilesTests {
    @Test(arguments: [128, 256, 512, 1_024, 4_096, 16_384])
    func `what clients, receivers and kept connections may hold together leaves some`(limit: Int) {
        let bounds = Bounds(OpenFiles(limit: limit))

        let held =
            bounds.server.maximumConnections + bounds.dispatcher.maximumSlow
            + bounds.dispatcher.maximumInFlight + bounds.client.maximumIdleConnections
        #expect(held <= limit * 9 / 10)
        #expect(bounds.server.maximumConnections > 0)
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
}

private struct Bounds {
    var server = Server.Configuration()
    var dispatcher = Dispatcher.Configuration()
    var client = HTTPClient.Configuration()

    init(_ files: OpenFiles) {
        files.bound(&server)
        files.bound(&dispatcher)
        files.bound(&client)
    }
}
