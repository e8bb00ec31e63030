import ThumbwireKit

extension FieldReader {
    /// `true` or `false`.
    package mutating func flag(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.bool else {
            refuse(name, "is \(value.kindName), expected true or false")
            return nil
        }
        return flag
    }
}
