import CMicrohttpd
import CSystem
import Glibc

/// A TCP socket that listens: connections wait in it until a server takes it over and closes it in the end.
package struct ListeningSocket: Sendable {
    let descriptor: Int32
    /// The port it is bound to, also where any free one was asked for.
    package let port: Int

    /// Connections that the kernel holds until a thread takes them.
    private static let backlog: Int32 = 1024

    /// Binds and listens; `host` is a numeric address, port 0 takes any free one.
    package init(host: String, port: Int) throws(Server.StartError) {
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard (0...65_535).contains(port), let address = Self.resolve(bare, port) else {
            throw .invalidHost(host)
        }
        defer { freeaddrinfo(address) }
        let info = address.pointee
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let opened = socket(info.ai_family, flags, 0)
        guard opened >= 0 else { throw Self.failure(host, port) }
        Self.set(opened, SOL_SOCKET, SO_REUSEADDR, 1)
        if info.ai_family == AF_INET6 { Self.set(opened, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        guard bind(opened, info.ai_addr, info.ai_addrlen) == 0, listen(opened, Self.backlog) == 0 else {
            let error = Self.failure(host, port)
            _ = close(opened)
            throw error
        }
        descriptor = opened
        self.port = Self.boundPort(of: opened)
    }

    private static func resolve(_ host: String, _ port: Int) -> UnsafeMutablePointer<addrinfo>? {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard !host.isEmpty, getaddrinfo(host, String(port), &hints, &found) == 0 else { return nil }
        return found
    }

    private static func failure(_ host: String, _ port: Int) -> Server.StartError {
        .cannotListen(host: host, port: port, reason: String(cString: strerror(errno)))
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func boundPort(of descriptor: Int32) -> Int {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        // The port is at the same place in sockaddr_in and sockaddr_in6, and the larger one holds both.
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? Int(UInt16(bigEndian: storage.sin6_port)) : 0
    }
}

/// The numeric form of a socket address without port; IPv4 in IPv6 is shown as IPv4.
func numericAddress(_ address: UnsafePointer<sockaddr>?) -> String {
    guard let address else { return "" }
    let length =
        thumbwire_address_family(address) == AF_INET6
        ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else {
        return ""
    }
    let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let mapped = "::ffff:"
    return name.hasPrefix(mapped) && name.contains(".") ? String(name.dropFirst(mapped.count)) : name
}
