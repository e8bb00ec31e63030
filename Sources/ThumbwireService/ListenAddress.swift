/// `ADDRESS:PORT` with a numeric address, IPv6 in brackets.
struct ListenAddress {
    var host: String
    var port: Int

    init(_ text: String) throws(ServiceError) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon > text.startIndex
        else {
            throw ServiceError(
                "--listen \(text): expected ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080")
        }
        host = String(text[..<colon])
        self.port = port
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
