import Foundation
import HTTP
import ThumbwireKit

/// Prints events as they come, and downloads the pictures that they announce.
struct EventPrinter: Sendable {
    /// Ids by which a repetition is known.
    private static let rememberedIDs = 10_000

    let isJSON: Bool
    /// After how many different events it ends; `nil` goes on.
    let limit: Int?
    /// Different events so far.
    private(set) var count = 0
    private let pictures: PictureFiles?
    private var recent: [String] = []
    private var seen: Set<String> = []

    init(_ arguments: Arguments, client: HTTPClient) throws {
        isJSON = arguments.isSet("json")
        limit = try arguments.integer("count", in: 1...1_000_000)
        pictures = arguments.value("output-dir").map { folder in
            PictureFiles(destination: folder.hasSuffix("/") ? folder : folder + "/", client: client)
        }
    }

    /// Prints an event; false for one that came before.
    mutating func print(_ event: ReceivedEvent) -> Bool {
        let isNew = remember(event.id)
        print(event, isRepeated: !isNew)
        if isNew { count += 1 }
        return isNew
    }

    /// True when there are as many as wanted.
    var isDone: Bool { count == limit }

    /// False for an id that came before.
    private mutating func remember(_ id: String) -> Bool {
        guard seen.insert(id).inserted else { return false }
        recent.append(id)
        if recent.count > Self.rememberedIDs * 2 {
            for old in recent.prefix(Self.rememberedIDs) { seen.remove(old) }
            recent.removeFirst(Self.rememberedIDs)
        }
        return true
    }

    private func print(_ event: ReceivedEvent, isRepeated: Bool) {
        guard isJSON else { return Output.line(Self.line(event, isRepeated: isRepeated)) }
        var object: JSONObject = [
            "event": "received", "id": .string(event.id), "type": event.document["type"] ?? .null,
            "verified": .bool(event.isVerified), "repeated": .bool(isRepeated),
        ]
        if let forwarding = event.forwarding {
            object["forwarded"] = .bool(forwarding.isDelivered)
            object["forwardedStatus"] = forwarding.status.map { .integer(Int64($0)) } ?? .null
        }
        object["payload"] = event.document
        Output.json(.object(object))
    }

    private static func line(_ event: ReceivedEvent, isRepeated: Bool) -> String {
        let document = event.document
        var words = [document.text("timestamp"), document.text("type"), event.id]
        if let job = document["data"]?["id"]?.string { words.append(job) }
        if event.isVerified { words.append("signature verified") }
        if let forwarding = event.forwarding {
            let status = forwarding.status.map(String.init) ?? "no answer"
            words.append((forwarding.isDelivered ? "forwarded: " : "not forwarded: ") + status)
        }
        if isRepeated { words.append("seen before") }
        return words.joined(separator: "  ").printable
    }

    /// Downloads what a completed job made, where a folder for it was named.
    func savePictures(of event: ReceivedEvent) async throws {
        guard let pictures, event.document["type"]?.string == EventType.completed.rawValue,
            let job = event.document["data"]
        else { return }
        for path in try await pictures.save(job) {
            isJSON ? Output.json(["event": "saved", "path": .string(path)]) : Output.line("  saved \(path)")
        }
    }
}

extension Forwarding {
    fileprivate var isDelivered: Bool {
        if case .delivered = self { return true }
        return false
    }

    fileprivate var status: Int? {
        switch self {
        case .delivered(let status): status
        case .failed(let status): status
        case .interrupted: nil
        }
    }
}
