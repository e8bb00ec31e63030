/// What another server answered.
package struct OutboundResponse: Sendable {
    package enum Version: String, Sendable {
        case http10 = "1.0"
        case http11 = "1.1"
        case http2 = "2"
    }

    /// How long the parts took; after redirects, `connect` is that of the last hop.
    package struct Timings: Sendable, Equatable {
        /// TCP and TLS; zero on a reused connection.
        package var connect: Duration
        /// From the start to the first byte of the answer.
        package var firstByte: Duration
        /// From the start to the last byte kept.
        package var total: Duration
    }

    package var status: Int
    package var headers: Headers
    package var body: [UInt8]
    /// The body was longer than the limit and only its beginning is here.
    package var isTruncated: Bool
    package var remoteAddress: IPAddress
    package var timings: Timings
    package var version: Version
    /// Where the answer came from: the request's URL, or the last redirect's.
    package var url: String
}
