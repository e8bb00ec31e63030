internal import HTTP

/// `ADDRESS:PORT` with a numeric address, IPv6 in brackets.
package struct ListenAddress {
    var host: String
    var port: Int

    package init(_ text: String) throws(ServiceError) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), Self.isNumeric(text[..<colon])
        else {
            throw ServiceError(
                "--listen \(text): expected ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080")
        }
        host = String(text[..<colon])
        self.port = port
    }

    private static func isNumeric(_ host: Substring) -> Bool {
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let address = isBracketed ? host.dropFirst().dropLast() : host
        return IPAddress(String(address.prefix { $0 != "%" })) != nil
    }

    /// Where clients on this machine find a server that listens here on that port.
    func url(port: Int) -> String {
        switch host {
        case "0.0.0.0": "http://127.0.0.1:\(port)"
        case "[::]", "::": "http://[::1]:\(port)"
        default: "http://\(host):\(port)"
        }
    }
}
