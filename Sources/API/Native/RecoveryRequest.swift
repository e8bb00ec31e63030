import Documents
import Persistence
import ThumbwireKit

/// The body that sends events once more.
struct RecoveryRequest {
    enum Scope: String, CaseIterable {
        case failed, missing, all

        var query: RecoveryQuery.Scope {
            switch self {
            case .failed: .failed
            case .missing: .missing
            case .all: .all
            }
        }
    }

    var scope: Scope
    var since: Timestamp
    var until: Timestamp

    /// Without an end it is until now, and without a scope it is what failed or was missed.
    init(_ body: JSONValue, now: Timestamp) throws(Problem) {
        var fields = try FieldReader(body: body)
        let since = fields.moment("since")
        if !fields.has("since") { fields.refuse("since", "is required: a time such as 2027-01-31T12:00:00Z") }
        until = fields.moment("until") ?? now
        scope = fields.choice("scope", of: Scope.allCases) ?? .missing
        fields.refuseUnknown()
        if let since, since > until {
            fields.refuse("since", "is after \(fields.has("until") ? "until" : "now")")
        }
        try fields.finish()
        self.since = since ?? now
    }
}
