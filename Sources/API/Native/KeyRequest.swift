import Documents
import ThumbwireKit

/// The body of `POST /v1/keys`, checked.
struct KeyRequest {
    /// Bytes of a value that the client brings along; fewer could be guessed.
    static let valueLengths = 16...256
    static let creditCaps = 0...1_000_000_000
    static let requestsPerMinute = 1...1_000_000

    var name: String
    var scopes: [APIKey.Scope]
    /// `nil` has one made.
    var value: String?
    /// The most that its jobs may cost together.
    var creditCap: Int?
    var requestsPerMinute: Int?
    var expiresAt: Timestamp?
    /// Whose key it is to be; `nil` is the asking key's account.
    var account: AccountID?

    init(_ body: JSONValue, now: Timestamp) throws(Problem) {
        var fields = try FieldReader(body: body)
        name = fields.text("name", atMost: RequestLimits.name) ?? ""
        if !fields.has("name") { fields.refuse("name", "is required") }
        scopes = fields.choices("scopes", of: APIKey.Scope.allCases) ?? [.app]
        value = fields.keyValue()
        creditCap = fields.integer("creditCap", in: Self.creditCaps)
        requestsPerMinute = fields.integer("requestsPerMinute", in: Self.requestsPerMinute)
        expiresAt = fields.moment("expiresAt", after: now)
        account = fields.text("accountId", atMost: RequestLimits.name).map(AccountID.init(rawValue:))
        fields.refuseUnknown()
        try fields.finish()
    }
}

extension FieldReader {
    fileprivate mutating func keyValue() -> String? {
        let lengths = KeyRequest.valueLengths
        guard let value = string("value", atMost: lengths.upperBound) else { return nil }
        guard value.utf8.count >= lengths.lowerBound, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            refuse(
                "value",
                "must be \(lengths.lowerBound) to \(lengths.upperBound) visible ASCII characters without spaces"
            )
            return nil
        }
        return value
    }
}
