import Documents
import Foundation
import HTTP
import ThumbwireKit

extension Response {
    /// Soke's envelope around what worked.
    static func soke(
        _ status: Int, _ data: JSONValue, platform: String, _ request: Request, took: Duration
    ) -> Response {
        .json(
            status,
            SokeDocument.envelope(data, platform: platform, requestID: request.uuid, took: took))
    }

    /// Soke's envelope around an error.
    static func sokeProblem(_ problem: Problem, _ request: Request) -> Response {
        let status = problem.code.row.sokeStatus
        return .json(
            status, problem.sokeJSON(requestID: request.uuid), headers: problem.headers(status: status))
    }
}

extension Request {
    /// The request's id as the UUID that Soke's clients expect: the same digits, where it has as many.
    var uuid: String {
        guard id.utf8.count == 32, id.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            return UUID().uuidString.lowercased()
        }
        var text = id.lowercased()
        for place in [20, 16, 12, 8] { text.insert("-", at: text.index(text.startIndex, offsetBy: place)) }
        return text
    }
}
