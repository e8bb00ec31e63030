import CSystem
import Glibc

/// A listener that accepts nothing and whose queue is full: further connections stay unanswered.
final class FullListener {
    private let server: Int32
    private var clients: [Int32] = []
    let port: Int

    init() throws {
        server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let server = server
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(server, $0, length) | listen(server, 0) | getsockname(server, $0, &length)
            }
        }
        guard code == 0 else { throw LoopbackServer.Failure(code: errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
        for _ in 0..<4 { fill(address) }
    }

    func stop() {
        for descriptor in clients + [server] { close(descriptor) }
        clients = []
    }

    private func fill(_ address: sockaddr_in) {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue) | closeOnExec, 0)
        var address = address
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        clients.append(client)
    }
}
