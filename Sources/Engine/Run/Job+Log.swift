internal import ThumbwireKit

extension Job {
    /// The fields with the ids that stand in every line of the log about this job.
    func logFields(_ fields: JSONObject = [:]) -> JSONObject {
        var fields = fields
        fields["job"] = .string(id.rawValue)
        fields["account"] = .string(account.rawValue)
        if let requestID { fields["request"] = .string(requestID) }
        return fields
    }
}
