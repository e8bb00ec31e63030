import Testing

@testable import HTTP

@Suite struct TransferTests {
    @Test(arguments: ["169.254.169.254", "127.0.0.2", "::1", "", "nonsense"])
    func `sends nothing on a connection to another address than the one that was checked`(peer: String) throws
    {
        let transfer = try makeTransfer(policy: .unrestricted)

        #expect(!transfer.mayBegin(peer: peer))
        #expect(transfer.stopReason?.code == "blocked_address")
    }

    @Test func `sends nothing on a connection that its policy refuses`() throws {
        let allowed = try makeTransfer(policy: .allowing(["127.0.0.1"]))
        let refused = try makeTransfer(policy: .public)

        #expect(allowed.mayBegin(peer: "127.0.0.1"))
        #expect(!refused.mayBegin(peer: "127.0.0.1"))
    }

    @Test(arguments: [(Method.get, 2), (.put, 2), (.post, 1), (.patch, 1)])
    func `begins again only what may be repeated`(method: Method, times: Int) throws {
        let transfer = try makeTransfer(method, policy: .unrestricted)

        let begun = (0..<2).filter { _ in transfer.mayBegin(peer: "127.0.0.1") }

        #expect(begun.count == times)
        #expect(transfer.stopReason == (times == 1 ? .connectionLost : nil))
    }

    private func makeTransfer(_ method: Method = .get, policy: AddressPolicy) throws -> Transfer {
        let request = OutboundRequest(method: method, url: "http://a.test/")
        // The pointer is an easy handle's place; deciding about a peer does not follow it.
        let place = try #require(UnsafeMutableRawPointer(bitPattern: 8))
        return Transfer(
            exchange: try OutboundExchange(
                request, to: URLParts(request.url), id: 1, policy: policy), address: .loopback, easy: place)
    }
}
