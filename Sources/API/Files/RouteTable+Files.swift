import Documents
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addFiles() {
        open(
            .get, "/files/{name}",
            Operation(
                "getFile", "A picture, for whoever knows its link, until the link's `expiresAt`",
                tag: "files",
                answers: [
                    Operation.Answer(status: 200, summary: "the file", mediaType: "image/*"),
                    Operation.Answer(status: 304, summary: "the client has it"),
                ])
        ) { [context] request in
            try await file(request, context)
        }
    }
}

private func file(_ request: Request, _ context: APIContext) async throws -> Response {
    let gone = Problem(.notFound, "there is no file of this name")
    let name = request.parameters["name"] ?? ""
    guard let artifact = try await context.store.artifact(fileName: name) else { throw gone }
    let tag = "\"\(artifact.sha256)\""
    let life = artifact.expiresAt.map { max(0, ($0 - context.clock.now()).components.seconds) } ?? .max
    var headers: Headers = [
        "ETag": tag,
        // A name never gets other bytes; caches forget it with us.
        "Cache-Control": "public, max-age=\(min(life, 31_536_000)), immutable",
        "X-Content-Type-Options": "nosniff",
        // Should a browser ever read markup in it, it may do nothing.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    ]
    if isKnown(tag, to: request) { return Response(status: 304, headers: headers) }
    headers["Content-Type"] = artifact.mediaType
    if let path = context.artifacts.path(sha256: artifact.sha256) {
        return Response(status: 200, headers: headers, body: .file(path: path))
    }
    do throws(StoreError) {
        let bytes = try await context.artifacts.read(sha256: artifact.sha256)
        return Response(status: 200, headers: headers, body: .bytes(bytes))
    } catch {
        if case .missing = error { throw gone }
        throw error
    }
}

/// `If-None-Match` with weak comparison (RFC 9110 §13.1.2).
private func isKnown(_ tag: String, to request: Request) -> Bool {
    request.headers.values(of: "If-None-Match").contains { value in
        value.split(separator: ",").contains { candidate in
            let trimmed = candidate.filter { !" \t".contains($0) }
            return trimmed == "*" || trimmed == tag || trimmed == "W/" + tag
        }
    }
}
