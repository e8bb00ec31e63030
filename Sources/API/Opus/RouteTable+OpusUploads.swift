import Documents
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    /// Opus' uploads: a link, and the two steps of a resumable upload as Google Cloud Storage does it.
    mutating func addOpusUploads() {
        opus(
            .post, "/api/upload-links",
            Operation(
                "opusCreateUploadLink", "A link to upload a picture to", tag: "opus",
                parameters: [.idempotencyKey], body: "OpusUploadLinkRequest",
                answers: [.json(201, "the link", "OpusUploadLink")]),
            createLink)
        opusOpen(
            .post, "/api/upload-links/{link}",
            Operation(
                "opusStartUpload", "Begin an upload", tag: "opus",
                parameters: [.init(name: "x-goog-resumable", place: .header, summary: "`start`")],
                answers: [Operation.Answer(status: 201, summary: "`Location` takes the bytes")])
        ) { [context] request in try start(request, context) }
        var operation = Operation(
            "opusUpload", "Upload the whole picture", tag: "opus",
            parameters: [
                .init(
                    name: "Content-Range", place: .header,
                    summary: "`bytes */LENGTH` without a body asks how far the upload is")
            ],
            answers: [
                .json(200, "kept", "Upload"), Operation.Answer(status: 308, summary: "nothing is kept yet"),
            ])
        operation.bodyTypes = PictureUploads.mediaTypes
        opusOpen(
            .put, "/api/upload-links/{link}", operation, maximumBodyBytes: context.limits.uploadBytes
        ) { [context] request in try await put(request, context) }
    }
}

@Sendable private func createLink(_ call: Call) async throws -> Response {
    let context = call.context
    let asked = try OpusUploadLinkRequest(try call.body())
    let fileExtension: String? =
        switch asked {
        // Only pictures are taken in the end, and which kind it is shows then.
        case .video: nil
        case .image(let format): format.fileExtension
        }
    let made = try await call.once { key in
        let now = context.clock.now()
        let place = PictureUploads.Place(of: call.account, fileExtension: fileExtension, at: now)
        if let key {
            let id = "\(place.artifact)/\(place.fileName)"
            try await context.store.keep(KeptResource(id: id, at: now), for: key)
        }
        return UploadTicket(place: place, now: now)
    } find: { kept in
        let parts = kept.id.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let place = PictureUploads.Place(
            artifact: ArtifactID(rawValue: parts[0]), account: call.account, fileName: parts[1])
        return UploadTicket(place: place, now: kept.at)
    }
    let place = made.resource.place
    let token = made.resource.token(.link, context.sealer)
    var object: JSONObject = [
        "url": .string("\(context.publicURL)/api/upload-links/\(token)"),
        "cdnUrl": .string(PictureUploads(context: context).link(to: place.fileName)),
        "uploadId": .string(place.artifact.rawValue),
    ]
    if case .video = asked {
        object["dnsUrl"] = .string(context.publicURL)
        object["useAmount"] = 0
        object["totalAmount"] = .integer(Int64(context.limits.uploadBytes))
    }
    return Response.json(201, .object(object)).marked(made)
}

private func start(_ request: Request, _ context: APIContext) throws -> Response {
    let ticket = try ticket(of: request, .link, context)
    guard request.headers["x-goog-resumable"]?.lowercased() == "start" else {
        throw Problem(.badRequest, "x-goog-resumable: start is missing, which begins an upload")
    }
    guard request.body.isEmpty else {
        throw Problem(.badRequest, "the body must be empty; the bytes go to the URL that Location names")
    }
    let token = UploadTicket(place: ticket.place, now: context.clock.now()).token(.session, context.sealer)
    return Response(
        status: 201,
        headers: [
            "Location": "\(context.publicURL)/api/upload-links/\(token)", "x-goog-resumable-upload-id": token,
            "Cache-Control": "no-store",
        ])
}

private func put(_ request: Request, _ context: APIContext) async throws -> Response {
    let ticket = try ticket(of: request, .session, context)
    if let range = request.headers["Content-Range"] {
        if isQuestion(range), request.body.isEmpty {
            let isKept = try await context.store.artifact(fileName: ticket.place.fileName) != nil
            // Bytes are kept all together or not at all: without `Range`, the client begins with the first.
            return Response(status: isKept ? 200 : 308, headers: ["Cache-Control": "no-store"])
        }
        guard isWhole(range, count: request.body.count) else {
            throw Problem(
                .badRequest,
                "Content-Range is \"\(range.prefix(100))\"; parts are not taken, send the whole picture in one PUT"
            )
        }
    }
    try PictureUploads.checkMediaType(of: request)
    return .json(200, try await PictureUploads(context: context).take(request.body, at: ticket.place))
}

private func ticket(
    of request: Request, _ step: UploadTicket.Step, _ context: APIContext
) throws(Problem) -> UploadTicket {
    guard let ticket = UploadTicket(request.parameters["link"] ?? "", step, context.sealer) else {
        let right =
            switch step {
            case .link: "POST goes to the url that /api/upload-links gave"
            case .session: "PUT goes to the URL that Location names"
            }
        throw Problem(.notFound, "this is no link to upload to; \(right)")
    }
    guard context.clock.now() < ticket.expiresAt else {
        throw Problem(
            .uploadExpired,
            "this link was not used for \(Int(UploadTicket.life.inSeconds / 60)) minutes; ask for a new one at /api/upload-links"
        )
    }
    return ticket
}

/// `bytes */1000` or `bytes */*`.
private func isQuestion(_ range: String) -> Bool {
    range.lowercased().filter { $0 != " " }.hasPrefix("bytes*/")
}

/// `bytes 0-999/1000` for a body of that length.
private func isWhole(_ range: String, count: Int) -> Bool {
    let text = range.lowercased().filter { $0 != " " }
    return count > 0 && (text == "bytes0-\(count - 1)/\(count)" || text == "bytes0-\(count - 1)/*")
}
