import Documents
import Testing
import ThumbwireKit

struct ErrorTableTests {
    @Test(arguments: ErrorCode.allCases)
    func `has a row for every code`(code: ErrorCode) throws {
        let row = try #require(ErrorRow.table[code])
        #expect((400...599).contains(row.status))
        #expect((400...599).contains(row.sokeStatus))
        #expect(!row.title.isEmpty)
        #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "_" })
    }

    @Test func `keeps the statuses that Soke documents`() {
        #expect(ErrorCode.validationFailed.row.sokeStatus == 400)
        #expect(ErrorCode.urlBlockedPrivateAddress.row.status == 422)
        #expect(ErrorCode.urlBlockedPrivateAddress.row.sokeStatus == 400)
        #expect(ErrorCode.platformNotSupported.row.sokeStatus == 501)
        #expect(ErrorCode.keyInvalid.row.sokeCode == .unauthorized)
        #expect(ErrorCode.rateLimited.row.sokeCode == .rateLimitExceeded)
    }

    @Test func `knows failures by code, and unknown codes by their class`() {
        #expect(ErrorCode(of: Failure(.internal, code: "chain_unknown", message: "")) == .chainUnknown)
        #expect(ErrorCode(of: Failure(.contentRejected, code: "my_plugin", message: "")) == .contentRejected)
    }

    @Test func `writes a problem for both faces`() {
        let problem = Problem([
            FieldError(pointer: "/title", detail: "is number, expected a string"),
            FieldError(pointer: "", detail: "one of a, b is needed"),
        ])
        #expect(
            problem.json() == [
                "type": "urn:thumbwire:problem:validation_failed", "title": "the request is invalid",
                "status": 422, "detail": "title is number, expected a string; one of a, b is needed",
                "code": "validation_failed",
                "errors": [
                    ["pointer": "/title", "detail": "is number, expected a string"],
                    ["pointer": "", "detail": "one of a, b is needed"],
                ],
            ])
        let limited = Problem(.rateLimited, "too many", retryAfter: .milliseconds(44_100))
        #expect(
            limited.sokeJSON(requestID: "r") == [
                "success": false,
                "error": [
                    "code": "RATE_LIMIT_EXCEEDED", "message": "too many",
                    "details": ["code": "rate_limited", "retryAfter": 45],
                ],
                "meta": ["request_id": "r"],
            ])
    }
}
