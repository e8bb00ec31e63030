internal import ThumbwireKit

// How the words of the domain are written into records: `nil` leaves a member out.

extension JSONValue {
    static func text(_ text: String?) -> JSONValue? {
        text.map { .string($0) }
    }

    static func word(_ word: (some RawRepresentable<String>)?) -> JSONValue? {
        word.map { .string($0.rawValue) }
    }

    static func whole(_ number: Int?) -> JSONValue? {
        number.map { .integer(Int64($0)) }
    }

    static func time(_ time: Timestamp?) -> JSONValue? {
        time.map { .integer($0.microseconds) }
    }

    /// Whole microseconds.
    static func duration(_ duration: Duration?) -> JSONValue? {
        duration.map { .integer($0.wholeMicroseconds) }
    }

    static func texts(_ texts: [String]?) -> JSONValue? {
        texts.map { .array($0.map { .string($0) }) }
    }

    /// Left out when empty.
    static func records<Element>(
        _ elements: [Element], _ write: (Element) -> JSONObject
    ) -> JSONValue? {
        elements.isEmpty ? nil : .array(elements.map { .object(write($0)) })
    }
}
