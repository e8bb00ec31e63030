internal import ThumbwireKit

/// An event as CloudEvents 1.0 has it.
struct CloudEvent {
    static let dataMediaType = "application/json"
    /// CloudEvents' extension `sequence` is a text whose order is that of the events: digits of a fixed number.
    private static let sequenceDigits = 10

    /// The JSON text of the data.
    let data: ArraySlice<UInt8>
    private let attributes: [(name: String, value: String)]

    /// The event with that JSON text as its data; `nil` is the data of its body.
    init(_ event: Event, data: [UInt8]?) {
        let members = EventMembers(event.body)
        self.data = data.map { $0[...] } ?? members["data"] ?? event.body[...]
        let sequence = String(event.sequence)
        let zeros = String(repeating: "0", count: max(0, Self.sequenceDigits - sequence.utf8.count))
        let all: [(String, String?)] = [
            ("specversion", "1.0"), ("id", event.id.rawValue),
            ("source", "urn:thumbwire:\(event.account.rawValue)"), ("type", event.type.rawValue),
            ("subject", event.job?.rawValue), ("time", event.occurredAt.description),
            ("accountid", event.account.rawValue), ("apiversion", members["apiVersion"].flatMap(Self.text)),
            ("sequence", zeros + sequence),
        ]
        attributes = all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// One JSON object with attributes and data (CloudEvents JSON format §3).
    func structured() -> [UInt8] {
        let members = attributes.map { ($0.name, JSONValue.string($0.value)) }
        let described = members + [("datacontenttype", .string(Self.dataMediaType))]
        var bytes = JSONValue.object(JSONObject(described)).serialized()
        bytes.removeLast()
        return bytes + Array(#","data":"#.utf8) + data + [UInt8(ascii: "}")]
    }

    /// The attributes as headers, beside a body that is the data (CloudEvents HTTP binding §3.1).
    func headers() -> [CustomHeader] {
        attributes.map { CustomHeader("ce-\($0.name)", Self.percentEncoded($0.value)) }
    }

    private static func text(_ json: ArraySlice<UInt8>) -> String? {
        (try? JSONValue(parsing: Array(json)))?.string
    }

    /// CloudEvents HTTP binding §3.1.3.2: spaces, double quotes, percent signs and all but printable ASCII are escaped.
    static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "%"), 0...0x20, 0x7F...0xFF:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
