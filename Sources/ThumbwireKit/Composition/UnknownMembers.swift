extension JSONObject {
    /// The members of this document that `known` does not write, also inside objects that both have.
    ///
    /// Elements of arrays are not looked into: after an edit nobody could say which element is which.
    func members(missingFrom known: JSONObject) -> JSONObject {
        var missing = JSONObject()
        for member in members {
            switch (member.value, known[member.name]) {
            case (.object(let inner), .object(let knownInner)?):
                let innerMissing = inner.members(missingFrom: knownInner)
                if !innerMissing.isEmpty { missing[member.name] = .object(innerMissing) }
            case (.null, nil): break
            case (_, nil): missing[member.name] = member.value
            default: break
            }
        }
        return missing
    }

    /// This object with the members of `other` that it lacks, also inside objects that both have.
    func completed(with other: JSONObject) -> JSONObject {
        var merged = self
        for member in other.members {
            switch (merged[member.name], member.value) {
            case (.object(let inner)?, .object(let otherInner)):
                merged[member.name] = .object(inner.completed(with: otherInner))
            case (nil, let value): merged[member.name] = value
            default: break
            }
        }
        return merged
    }
}
