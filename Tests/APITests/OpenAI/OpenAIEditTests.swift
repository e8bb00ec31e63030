import Documents
import Engine
import Foundation
import HTTP
import Imaging
import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import API

@Suite(.timeLimit(.minutes(10)))
struct OpenAIEditTests {
    private let edits = "/v1/images/edits"

    @Test func `takes the forms that SDKs send, and keeps the pictures`() async throws {
        try await withService { service in
            let form = Form([
                ("prompt", "add a hat"), ("model", "gpt-image-1"), ("image[]", try picture(64, 96)),
                ("image[]", try picture(32, 32)), ("mask", try picture(64, 96, alpha: true)),
            ])
            let response = try await service.answer(.post, edits, form: form)
            #expect(response.status == 200)
            #expect(try response.json()["size"] == "1024x1536")
            let request = try #require(service.engine.submissions.first).request
            #expect(request.referenceImages.count == 2)
            #expect(request.prompt == "add a hat")
            for image in request.referenceImages + [try #require(request.maskImage)] {
                guard case .artifact(let id) = image else {
                    Issue.record("\(image) is no upload")
                    continue
                }
                let artifact = try await service.store.artifact(id, of: service.account.id)
                #expect(artifact?.mediaType == "image/png")
                #expect(try await service.store.artifact(id, of: service.other.id) == nil)
            }
        }
    }

    @Test func `a variation is an edit without words`() async throws {
        try await withService { service in
            let response = try await service.answer(
                .post, "/v1/images/variations",
                form: Form([("image", try picture(64, 64)), ("size", "256x256")]))
            #expect(try response.json().object?.names == ["created", "data"])
            let request = try #require(service.engine.submissions.first).request
            #expect(request.prompt?.isEmpty == false)
            #expect(request.resolution.description == "256x256")
            #expect(request.referenceImages.count == 1)
        }
    }

    @Test func `takes links and data URLs in JSON`() async throws {
        try await withService { service in
            let data = Data(try picture(64, 64)).base64EncodedString()
            let response = try await service.answer(
                .post, edits,
                body:
                    #"{"prompt":"p","images":[{"image_url":"data:image/png;base64,\#(data)"},{"image_url":"https://a.example/b.png"}]}"#
            )
            #expect(try response.json()["size"] == "1024x1024")
            let request = try #require(service.engine.submissions.first).request
            #expect(request.referenceImages.last == .url("https://a.example/b.png"))
            #expect(request.options["openai"]?["model"] == "gpt-image-1.5")
        }
    }

    @Test func `our own links are files of the account, and of no other`() async throws {
        try await withService { service in
            let upload = try await service.send(
                .post, "/v1/uploads", headers: ["Content-Type": "image/png"], bytes: try picture(64, 64)
            ).json()
            let (id, url) = (try #require(upload["id"]?.string), try #require(upload["url"]?.string))
            let body = #"{"prompt":"p","images":[{"image_url":"\#(url)"}],"mask":{"image_url":"\#(url)"}}"#
            _ = try await service.answer(.post, edits, body: body)
            let foreign = try await service.send(.post, edits, key: Service.otherKey, body: body)
            let error = try foreign.json()["error"]

            let request = try #require(service.engine.submissions.first).request
            let image = InputImage.artifact(ArtifactID(rawValue: id))
            #expect(request.referenceImages == [image])
            #expect(request.maskImage == image)
            #expect(foreign.status == 400)
            #expect(error?["code"] == "upload_not_found")
            #expect(error?["param"] == "images[0].image_url")
            #expect(service.engine.submissions.count == 1)
        }
    }

    @Test func `the same form with another boundary is the same request`() async throws {
        try await withService { service in
            for (boundary, prompt) in [("aaaa", "p"), ("bbbb", "p"), ("aaaa", "q")] {
                var form = Form([("prompt", Array(prompt.utf8)), ("image", try picture(64, 64))])
                form.boundary = boundary
                if boundary == "bbbb" {
                    // Joins the first one's job, which is done: there is nothing to wait for.
                    _ = try await service.send(.post, edits, form: form)
                } else {
                    _ = try await service.answer(.post, edits, form: form)
                }
            }
            let prints = service.engine.submissions.compactMap(\.fingerprint?.hash)
            #expect(prints[0] == prints[1])
            #expect(prints[0] != prints[2])
        }
    }

    @Test func `refuses what is no picture, by its parameter`() async throws {
        let (small, masked) = (try picture(64, 64), try picture(64, 64, alpha: true))
        let other = try picture(65, 64, alpha: true)
        let jpeg = try encoded(PixelBuffer(size: PixelSize(width: 64, height: 64)), .jpeg)
        let cut = Array(small.prefix(small.count / 2))
        let cases: [([(String, [UInt8])], String, String)] = [
            ([], "image", "Missing required parameter: 'image'."),
            ([("image", Array("GIF89a".utf8))], "image", "PNG, JPEG or WebP"),
            ([("image", cut)], "image", "Invalid image file"),
            ([("image", small), ("image", small)], "image", "at most 1"),
            ([("image", small), ("mask", small)], "mask", "missing alpha channel"),
            ([("image", small), ("mask", jpeg)], "mask", "must be a PNG"),
            ([("image", small), ("mask", other)], "mask", "65x64 does not match image size 64x64"),
            ([("image", small), ("mask", masked), ("mask", masked)], "mask", "twice"),
            ([("image", small), ("n", [0xFF])], "n", "not UTF-8"),
        ]
        try await withService { service in
            for (parts, parameter, words) in cases {
                let response = try await service.send(
                    .post, edits, form: Form([("prompt", Array("p".utf8))] + parts))
                let error = try response.json()["error"]
                #expect(response.status == 400, "\(words)")
                #expect(error?["param"]?.string == parameter, "\(words)")
                #expect(error?["message"]?.string?.contains(words) == true, "\(error ?? .null)")
            }
            #expect(service.engine.submissions.isEmpty)
        }
    }

    @Test func `refuses broken forms and other media types`() async throws {
        try await withService { service in
            let broken = try await service.send(
                .post, edits, headers: ["Content-Type": "multipart/form-data; boundary=x"], body: "--x\r\n")
            #expect(broken.status == 400)
            #expect(try broken.json()["error"]?["message"]?.string?.contains("cut off") == true)
            let other = try await service.send(
                .post, "/v1/images/variations", headers: ["Content-Type": "application/json"], body: "{}")
            #expect(try other.json()["error"]?["code"] == "media_type_unsupported")
        }
    }
}

/// A form as a client sends it.
struct Form {
    var parts: [(name: String, bytes: [UInt8])]
    var boundary = "----boundary"

    init(_ parts: [(String, [UInt8])]) { self.parts = parts }

    init(_ parts: [(String, any FormValue)]) { self.parts = parts.map { ($0.0, $0.1.formBytes) } }

    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    var body: [UInt8] {
        parts.flatMap {
            Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\($0.name)\"\r\n\r\n".utf8)
                + $0.bytes + [0x0D, 0x0A]
        } + Array("--\(boundary)--\r\n".utf8)
    }
}

protocol FormValue {
    var formBytes: [UInt8] { get }
}

extension String: FormValue {
    var formBytes: [UInt8] { Array(utf8) }
}

extension [UInt8]: FormValue {
    var formBytes: [UInt8] { self }
}

private func picture(_ width: Int, _ height: Int, alpha: Bool = false) throws -> [UInt8] {
    let pixels = PixelBuffer(size: PixelSize(width: width, height: height), hasAlpha: alpha)
    pixels.bytes.initializeMemory(as: UInt8.self, repeating: alpha ? 0 : 0xFF)
    return try encoded(pixels, .png)
}

private func encoded(_ pixels: PixelBuffer, _ format: ImageFormat) throws -> [UInt8] {
    try ImageEncoder.encode(pixels, as: EncodeOptions(format: format)).bytes
}

extension Service {
    func send(_ method: Method, _ path: String, form: Form) async throws -> Response {
        try await send(method, path, headers: ["Content-Type": form.contentType], bytes: form.body)
    }

    func answer(_ method: Method, _ path: String, form: Form) async throws -> Response {
        try await completing { try await send(method, path, form: form) }
    }
}
