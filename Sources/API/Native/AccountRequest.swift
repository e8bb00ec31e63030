import Documents
import ThumbwireKit

/// The bodies that make and change accounts and grant credits; `nil` is what they leave out.
struct AccountRequest {
    static let credits = 0...1_000_000_000
    static let jobsPerMinute = 1...1_000_000
    static let amounts = -1_000_000_000...1_000_000_000
    static let weights = 1...100
    static let runningJobs = 1...100_000

    var name: String?
    var isMetered: Bool?
    /// Set where the body names it; its value may be `null`, which lifts the limit.
    var jobsPerMinute: Int??
    var weight: Int?
    /// With `nil` in it where the limit is taken away, by `null`.
    var maximumRunningJobs: Int??

    /// Reads the body of a `POST`, which needs a name and may grant credits at once.
    static func creation(_ body: JSONValue) throws(Problem) -> (account: AccountRequest, credits: Int) {
        var fields = try FieldReader(body: body)
        let account = AccountRequest(&fields)
        if !fields.has("name") { fields.refuse("name", "is required") }
        let credits = fields.integer("credits", in: credits)
        fields.refuseUnknown()
        try fields.finish()
        return (account, credits ?? 0)
    }

    /// Reads the body of a `PATCH`.
    static func change(_ body: JSONValue) throws(Problem) -> AccountRequest {
        var fields = try FieldReader(body: body)
        let account = AccountRequest(&fields)
        fields.refuseUnknown()
        try fields.finish()
        return account
    }

    /// Reads the body of a grant.
    static func grant(_ body: JSONValue) throws(Problem) -> (amount: Int, note: String?) {
        var fields = try FieldReader(body: body)
        let amount = fields.integer("amount", in: amounts)
        if !fields.has("amount") { fields.refuse("amount", "is required") }
        if amount == 0 { fields.refuse("amount", "is 0, which changes nothing") }
        let note = fields.text("note", atMost: RequestLimits.title)
        fields.refuseUnknown()
        try fields.finish()
        return (amount ?? 0, note)
    }

    private init(_ fields: inout FieldReader) {
        name = fields.text("name", atMost: RequestLimits.name)
        isMetered = fields.truth("isMetered")
        jobsPerMinute = Self.limit("jobsPerMinute", in: Self.jobsPerMinute, &fields)
        weight = fields.integer("weight", in: Self.weights)
        maximumRunningJobs = Self.limit("maximumRunningJobs", in: Self.runningJobs, &fields)
    }

    /// With `nil` in it where the limit is taken away, by `null`.
    private static func limit(_ name: String, in range: ClosedRange<Int>, _ fields: inout FieldReader)
        -> Int??
    {
        let limit = fields.integer(name, in: range)
        return limit != nil || fields.isNull(name) ? .some(limit) : nil
    }
}

extension FieldReader {
    fileprivate mutating func truth(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        if value.bool == nil { refuse(name, "is \(value.kindName), expected true or false") }
        return value.bool
    }
}
