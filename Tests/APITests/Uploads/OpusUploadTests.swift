import Documents
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import API

struct OpusUploadTests {
    private let links = "/api/upload-links"
    private let image = #"{"usecase":"FreeToolMedia","type":"Upload","extension":"png"}"#
    private let bytes: Headers = ["Content-Type": "application/octet-stream"]

    @Test func `takes a picture in the documented steps and serves it`() async throws {
        try await withService { service in
            let made = try await service.send(.post, links, body: image)
            #expect(made.status == 201)
            let link = try made.json()
            let cdn = try path(link["cdnUrl"])
            #expect(cdn.hasSuffix(".png"))
            #expect(try await service.send(.get, cdn, key: nil).status == 404)

            let session = try await begin(service, try path(link["url"]))
            let picture = try ImageFormat.png.picture()
            let put = try await service.send(.put, session, headers: bytes, key: nil, bytes: picture)
            #expect(put.status == 200)
            #expect(try put.json()["id"] == link["uploadId"])
            #expect(try put.json()["url"] == link["cdnUrl"])

            let file = try await service.send(.get, cdn, key: nil)
            #expect(file.headers["Content-Type"] == "image/png")
            guard case .bytes(picture) = file.body else { return #expect(Bool(false), "other bytes") }
        }
    }

    @Test func `answers the shape for videos, which has room for pictures`() async throws {
        try await withService { service in
            let response = try await service.send(.post, links, body: #"{"video":{"usecase":"LocalUpload"}}"#)
            let link = try response.json()
            #expect(response.status == 201)
            #expect(link["dnsUrl"] == "https://thumbs.example")
            #expect(link["useAmount"] == 0)
            #expect(link["totalAmount"] == 20_971_520)
            #expect(link["uploadId"]?.string?.isEmpty == false)

            let session = try await begin(service, try path(link["url"]))
            let video = Array("\0\0\0\u{18}ftypmp42".utf8)
            try expectError(
                try await service.send(.put, session, headers: bytes, key: nil, bytes: video), 400, "jpeg")
        }
    }

    @Test func `the same bytes may come again, others may not`() async throws {
        try await withService { service in
            let session = try await makeSession(service)
            let picture = try ImageFormat.jpeg.picture()
            let first = try await service.send(.put, session, headers: bytes, key: nil, bytes: picture)
            let again = try await service.send(.put, session, headers: bytes, key: nil, bytes: picture)
            #expect(again.status == 200)
            #expect(try again.json() == first.json())

            let other = try ImageFormat.jpeg.picture(grey: 9)
            let refused = try await service.send(.put, session, headers: bytes, key: nil, bytes: other)
            try expectError(refused, 400, "another picture")
        }
    }

    @Test func `says how far an upload is, and takes no parts`() async throws {
        try await withService { service in
            let session = try await makeSession(service)
            let question: Headers = ["Content-Range": "bytes */400"]
            let before = try await service.send(.put, session, headers: question, key: nil)
            #expect(before.status == 308)
            #expect(before.headers["Range"] == nil)

            let picture = try ImageFormat.webp.picture()
            var part = bytes
            part["Content-Range"] = "bytes 0-\(picture.count - 1)/\(picture.count + 1)"
            let refused = try await service.send(.put, session, headers: part, key: nil, bytes: picture)
            try expectError(refused, 400, "whole picture")
            part["Content-Range"] = "bytes 0-\(picture.count - 1)/\(picture.count)"
            let put = try await service.send(.put, session, headers: part, key: nil, bytes: picture)
            #expect(put.status == 200)
            #expect(try await service.send(.put, session, headers: question, key: nil).status == 200)
        }
    }

    @Test func `refuses what is no step of an upload`() async throws {
        try await withService { service in
            let link = try await service.send(.post, links, body: image).json()
            let start = try path(link["url"])
            let session = try await begin(service, start)
            let go: Headers = ["x-goog-resumable": "start"]
            try expectError(try await service.send(.post, start, key: nil), 400, "x-goog-resumable")
            try expectError(
                try await service.send(.post, start, headers: go, key: nil, bytes: [1]), 400, "empty")
            // A link of one step is none of the other.
            try expectError(try await service.send(.post, session, headers: go, key: nil), 404, "gave")
            try expectError(
                try await service.send(.put, start, headers: bytes, key: nil, bytes: [1]), 404, "Location")
            try expectError(
                try await service.send(.post, links + "/made-up", headers: go, key: nil), 404, "link")
            try expectError(
                try await service.send(
                    .put, session, headers: ["Content-Type": "text/html"], key: nil, bytes: [1]), 415,
                "image/png")
        }
    }

    @Test(arguments: ["", "not a picture", "GIF89a", "\u{89}PNG\r\n"])
    func `refuses bytes that are no whole picture`(text: String) async throws {
        try await withService { service in
            let session = try await makeSession(service)
            let response = try await service.send(
                .put, session, headers: bytes, key: nil, bytes: Array(text.utf8))
            try expectError(response, 400, "picture")
            let cut = try ImageFormat.png.picture().dropLast(20)
            let truncated = try await service.send(
                .put, session, headers: bytes, key: nil, bytes: Array(cut))
            try expectError(truncated, 400, "truncated")
        }
    }

    @Test func `links end after an hour, of which each step has its own`() async throws {
        try await withService { service in
            let link = try await service.send(.post, links, body: image).json()
            let start = try path(link["url"])
            service.clock.advance(by: .seconds(3_599))
            let session = try await begin(service, start)
            service.clock.advance(by: .seconds(1))
            let late = try await service.send(
                .post, start, headers: ["x-goog-resumable": "start"], key: nil)
            try expectError(late, 410, "/api/upload-links")

            service.clock.advance(by: .seconds(3_599))
            let picture = try ImageFormat.png.picture()
            let put = try await service.send(.put, session, headers: bytes, key: nil, bytes: picture)
            try expectError(put, 410, "60 minutes")
        }
    }

    @Test func `links outlive a restart`() async throws {
        try await withService { service in
            let session = try await makeSession(service)
            var restarted = service
            restarted.router = makeRouter(service.context)
            let picture = try ImageFormat.png.picture()
            let put = try await restarted.send(.put, session, headers: bytes, key: nil, bytes: picture)
            #expect(put.status == 200)
        }
    }

    private func makeSession(_ service: Service) async throws -> String {
        let link = try await service.send(.post, links, body: image).json()
        return try await begin(service, try path(link["url"]))
    }

    private func begin(_ service: Service, _ start: String) async throws -> String {
        let response = try await service.send(
            .post, start, headers: ["x-goog-resumable": "start", "Content-Length": "0"], key: nil)
        #expect(response.status == 201)
        #expect(response.headers["x-goog-resumable-upload-id"]?.isEmpty == false)
        return try path(response.headers["Location"].json)
    }

    private func path(_ url: JSONValue?) throws -> String {
        let text = try #require(url?.string)
        let prefix = "https://thumbs.example"
        #expect(text.hasPrefix(prefix))
        return String(text.dropFirst(prefix.count))
    }

    private func expectError(
        _ response: Response, _ status: Int, _ words: String, _ location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(response.status == status, sourceLocation: location)
        let message = try response.json()["errorMessage"]?.string
        #expect(message?.contains(words) == true, "\(message ?? "-")", sourceLocation: location)
    }
}
