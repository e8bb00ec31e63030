internal import CSystem
internal import Glibc

/// Looks names up with the system's resolver.
package enum SystemResolver {
    /// Why a look-up failed, in the system's words.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Every A and AAAA answer, in the order that RFC 6724 prefers. Blocks.
    package static func resolve(_ host: String) throws -> [IPAddress] {
        thumbwire_bound_resolver(2, 2)
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            throw Failure(description: String(cString: gai_strerror(code)).lowercased())
        }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr.flatMap({ IPAddress(UnsafeRawPointer($0)) }),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}
