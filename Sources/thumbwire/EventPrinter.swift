import Foundation
import HTTP
import ThumbwireKit

/// Prints events as they come, and downloads the pictures that they announce.
struct EventPrinter: Sendable {
    let isJSON: Bool
    /// After how many different events it ends; `nil` goes on.
    let limit: Int?
    let pictures: PictureFiles?

    init(_ arguments: Arguments, client: HTTPClient) throws {
        isJSON = arguments.isSet("json")
        limit = try arguments.integer("once", in: 1...1_000_000)
        pictures = arguments.value("output-dir").map { folder in
            PictureFiles(destination: folder.hasSuffix("/") ? folder : folder + "/", client: client)
        }
    }

    /// Returns when the limit is reached or the mailbox closes.
    ///
    /// - Throws: When a picture cannot be had, or events ended before the limit was reached.
    func run(_ mailbox: EventMailbox) async throws {
        var seen: Set<String> = []
        for await event in mailbox.events {
            let isNew = seen.insert(event.id).inserted
            print(event, isRepeated: !isNew)
            guard isNew else { continue }
            try await savePictures(of: event)
            if let limit, seen.count >= limit { return }
        }
        switch mailbox.ending {
        case .failed(let error): throw error
        case .outOfTime:
            throw CommandFailure(
                "out of time with \(seen.count) of \(limit.map(String.init) ?? "any") events")
        case .interrupted, nil: return
        }
    }

    private func print(_ event: ReceivedEvent, isRepeated: Bool) {
        guard isJSON else { return Output.line(Self.line(event, isRepeated: isRepeated)) }
        var object: JSONObject = [
            "event": "received", "id": .string(event.id), "type": event.document["type"] ?? .null,
            "verified": .bool(event.isVerified), "repeated": .bool(isRepeated),
        ]
        object["forwardedStatus"] = event.forwardedStatus.map { .integer(Int64($0)) }
        object["payload"] = event.document
        Output.json(.object(object))
    }

    private static func line(_ event: ReceivedEvent, isRepeated: Bool) -> String {
        let document = event.document
        var words = [document.text("timestamp"), document.text("type"), event.id]
        if let job = document["data"]?["id"]?.string { words.append(job) }
        if event.isVerified { words.append("signature verified") }
        if let status = event.forwardedStatus { words.append("forwarded: \(status)") }
        if isRepeated { words.append("seen before") }
        return words.joined(separator: "  ").printable
    }

    private func savePictures(of event: ReceivedEvent) async throws {
        guard let pictures, event.document["type"]?.string == EventType.completed.rawValue,
            let job = event.document["data"]
        else { return }
        for path in try await pictures.save(job) {
            isJSON ? Output.json(["event": "saved", "path": .string(path)]) : Output.line("  saved \(path)")
        }
    }
}
