import Foundation
import HTTP
import ThumbwireKit

/// Downloads a job's pictures into files.
struct PictureFiles: Sendable {
    /// A folder when it is one or ends with a slash, else the first picture's file.
    let destination: String
    let client: HTTPClient

    /// - Returns: The paths in the order of the job's outputs.
    func save(_ job: JSONValue) async throws -> [String] {
        let id = job["id"]?.string ?? "job"
        var paths: [String] = []
        for (position, output) in (job["outputs"]?.array ?? []).enumerated() {
            guard let url = output["url"]?.string else {
                throw CommandFailure("an output of \(id) has no url")
            }
            let path = try path(job: id, format: output["format"]?.string ?? "jpeg", position: position)
            try await write(url, to: path, expected: output)
            paths.append(path)
        }
        guard !paths.isEmpty else { throw CommandFailure("\(id) has no outputs") }
        return paths
    }

    private func write(_ url: String, to path: String, expected output: JSONValue) async throws {
        let request = OutboundRequest(
            url: url, deadline: .seconds(120), maximumResponseBytes: 64 << 20, followRedirects: 3)
        let response = try await client.send(request, policy: .unrestricted)
        guard response.status == 200 else { throw CommandFailure("\(url) answers \(response.status)") }
        if let bytes = output["bytes"]?.integer, bytes != response.body.count {
            throw CommandFailure("\(url) has \(response.body.count) bytes instead of \(bytes)")
        }
        do {
            try Data(response.body).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure("cannot write \(path): \(error.localizedDescription)")
        }
    }

    private func path(job id: String, format: String, position: Int) throws -> String {
        let suffix = position == 0 ? "" : "-\(position + 1)"
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: destination, isDirectory: &isFolder)
        if destination.hasSuffix("/") || (exists && isFolder.boolValue) {
            try FileManager.default.createDirectory(atPath: destination, withIntermediateDirectories: true)
            let fileExtension = ImageFormat(rawValue: format)?.fileExtension ?? "bin"
            // The id comes from the network: nothing of it may lead out of the folder.
            let name = id.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
            return URL(fileURLWithPath: destination).appendingPathComponent(
                "\(name)\(suffix).\(fileExtension)"
            )
            .relativePath
        }
        guard position > 0 else { return destination }
        let file = URL(fileURLWithPath: destination)
        let stem = file.deletingPathExtension().path
        return file.pathExtension.isEmpty ? stem + suffix : "\(stem)\(suffix).\(file.pathExtension)"
    }
}
