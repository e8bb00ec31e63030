import Glibc
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

    @Test func `a header is overdue from when its request goes out, and a body never`() throws {
        let start = ContinuousClock.now
        let transfer = try makeTransfer(policy: .unrestricted)
        #expect(transfer.headDeadline(at: start) == nil)
        let timed = try makeTransfer(policy: .unrestricted, headTimeout: .seconds(10))
        #expect(timed.headDeadline(at: start) == start + .seconds(10))
        #expect(timed.headDeadline(at: start + .seconds(5)) == start + .seconds(15))

        _ = timed.mayBegin(peer: "127.0.0.1")
        let due = try #require(timed.headDeadline(at: start + .seconds(3_600)))
        #expect(due >= start + .seconds(10))
        #expect(due < start + .seconds(3_000))
        for line in ["HTTP/1.1 100 Continue", "", "HTTP/1.1 200 OK"] { receive(line, timed) }
        #expect(timed.headDeadline(at: .now) == due)
        receive("", timed)
        #expect(timed.headDeadline(at: .now) == nil)
    }

    @Test func `a lack of descriptors is this machine's fault`() {
        #expect(Transfer.shortage(EMFILE) == "too many open files")
        #expect(Transfer.shortage(EACCES) == nil)
    }

    private func receive(_ line: String, _ transfer: Transfer) {
        let isAccepted = Array((line + "\r\n").utf8).withUnsafeBytes { transfer.receive(header: $0) }
        #expect(isAccepted)
    }

    private func makeTransfer(_ method: Method = .get, policy: AddressPolicy, headTimeout: Duration? = nil)
        throws -> Transfer
    {
        var request = OutboundRequest(method: method, url: "http://a.test/")
        request.headTimeout = headTimeout
        // The pointer is an easy handle's place; deciding about a peer does not follow it.
        let place = try #require(UnsafeMutableRawPointer(bitPattern: 8))
        return Transfer(
            exchange: try OutboundExchange(
                request, to: URLParts(request.url), id: 1, policy: policy), address: .loopback, easy: place)
    }
}
