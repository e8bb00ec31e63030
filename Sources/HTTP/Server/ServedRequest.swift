/// What a server says of a request once its answer was sent, or never will be.
package struct ServedRequest: Sendable {
    /// As in ``Request/id``.
    package var id: String
    package var method: Method
    /// The pattern of the route that it was for; `nil` where there is none.
    package var route: String?
    /// As in ``Request/path``.
    package var path: String
    package var remoteAddress: String
    /// `nil` when the connection ended before an answer was begun.
    package var status: Int?
    /// From the request line to the last byte of the answer.
    package var duration: Duration
}
