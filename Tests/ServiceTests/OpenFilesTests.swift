import Testing

@testable import ThumbwireService

struct OpenFilesTests {
    @Test(arguments: [1_024, 4_096, 16_384, 20_000, 32_768])
    func `clients leave room for deliveries, and those who wait for those who ask`(limit: Int) {
        let clients = OpenFiles.clients(of: limit)
        // A few more are taken to be told that there are too many.
        let taken = clients.connections + clients.connections / 16
        #expect(limit - taken >= limit / 32)
        #expect(clients.waiting < clients.connections)
        #expect(clients.waiting >= clients.connections / 2)
    }

    @Test func `ten thousand may wait where there are descriptors for them`() {
        #expect(OpenFiles.clients(of: 16_384).waiting >= 10_000)
    }
}
