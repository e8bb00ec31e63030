import Engine
import HTTP
import Persistence
import TestSupport
import Testing
import ThumbwireKit

struct UploadRouteTests {
    @Test(arguments: ImageFormat.allCases)
    func `keeps a picture and says what it is`(format: ImageFormat) async throws {
        try await withService { service in
            let picture = try format.picture()
            for type in [format.mediaType, "application/octet-stream", "IMAGE/PNG; x=y"] {
                let response = try await upload(service, picture, type)
                let answer = try response.json()
                #expect(response.status == 201)
                #expect(answer["width"] == 8)
                #expect(answer["height"] == 4)
                #expect(answer["format"]?.string == format.rawValue)
                #expect(answer["bytes"]?.integer == Int64(picture.count))
                #expect(answer["id"]?.string?.hasPrefix("art_") == true)
                let url = try #require(answer["url"]?.string)
                #expect(response.headers["Location"] == url)
                let name = try #require(url.split(separator: "/").last)
                #expect(
                    try await service.store.artifact(fileName: String(name))?.mediaType == format.mediaType)
            }
        }
    }

    @Test func `refuses other bodies`() async throws {
        try await withService { service in
            let text = try await upload(service, Array("hello".utf8), "image/png")
            #expect(text.status == 422)
            #expect(try text.json()["code"] == "source_image_not_an_image")
            let type = try await upload(service, try ImageFormat.png.picture(), "multipart/form-data")
            #expect(type.status == 415)
            let long = try await upload(service, [UInt8](repeating: 0, count: 20_971_521), "image/png")
            #expect(long.status == 413)
            #expect(try await service.send(.post, "/v1/uploads", key: nil, bytes: []).status == 401)
        }
    }

    @Test(arguments: ["sourceImageUrl", "referenceImageUrl", "maskImageUrl"])
    func `a job names an upload by its link`(field: String) async throws {
        try await withService { service in
            let answer = try await upload(service, try ImageFormat.png.picture(), "image/png").json()
            let (id, url) = (try #require(answer["id"]?.string), try #require(answer["url"]?.string))
            _ = try await service.makeJob(#"{"title":"T","\#(field)":"\#(url)?x=1"}"#)
            let request = try #require(service.engine.submissions.first?.request)
            let images = [request.sourceImage, request.referenceImages.first, request.maskImage]
            #expect(images.compactMap(\.self) == [.artifact(ArtifactID(rawValue: id))])
        }
    }

    @Test func `an upload is found in its account only`() async throws {
        try await withService { service in
            let answer = try await upload(service, try ImageFormat.png.picture(), "image/png").json()
            let url = try #require(answer["url"]?.string)
            for link in [
                url, url + "x", "https://thumbs.example/files/", "https://thumbs.example/files/../x",
            ] {
                let body = #"{"title":"T","sourceImageUrl":"\#(link)"}"#
                let response = try await service.send(.post, "/v1/jobs", key: Service.otherKey, body: body)
                #expect(response.status == 422)
                #expect(try response.json()["code"] == "upload_not_found")
                #expect(try response.json()["errors"]?.array?.first?["pointer"] == "/sourceImageUrl")
            }
            #expect(service.engine.submissions.isEmpty)
        }
    }

    @Test func `other links stay links`() async throws {
        try await withService { service in
            let link = "https://thumbs.example.evil/files/a.png"
            _ = try await service.makeJob(#"{"title":"T","sourceImageUrl":"\#(link)"}"#)
            #expect(service.engine.submissions.first?.request.sourceImage == .url(link))
        }
    }

    @Test func `Opus' links to uploads are files of the account, a source among them is a picture`()
        async throws
    {
        try await withService { service in
            let answer = try await upload(service, try ImageFormat.png.picture(), "image/png").json()
            let (id, url) = (try #require(answer["id"]?.string), try #require(answer["url"]?.string))
            let body = #"{"sourceUri":"\#(url)","referenceImageUri":"\#(url)","maskImageUri":"\#(url)"}"#
            #expect(try await service.send(.post, "/api/generative-jobs", body: body).status == 201)
            let request = try #require(service.engine.submissions.first?.request)
            let image = InputImage.artifact(ArtifactID(rawValue: id))
            #expect(request.videoURL == nil)
            #expect(request.sourceImage == image)
            #expect(request.referenceImages == [image])
            #expect(request.maskImage == image)

            let foreign = try await service.send(
                .post, "/api/generative-jobs", key: Service.otherKey, body: body)
            #expect(foreign.status == 400)
            #expect(try foreign.json()["code"] == "upload_not_found")
            #expect(try foreign.json()["message"]?.string?.hasPrefix("sourceUri ") == true)
        }
    }

    private func upload(_ service: Service, _ bytes: [UInt8], _ mediaType: String) async throws -> Response {
        try await service.send(
            .post, "/v1/uploads", headers: ["Content-Type": mediaType], bytes: bytes)
    }
}
