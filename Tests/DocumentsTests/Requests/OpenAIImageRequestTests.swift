import Documents
import Testing
import ThumbwireKit

struct OpenAIImageRequestTests {
    private func read(
        _ json: String, _ operation: OpenAIImageRequest.Operation = .generation,
        sizes: OpenAISizes = .refuse
    ) throws -> OpenAIImageRequest {
        try OpenAIImageRequest(
            operation, OpenAIFields(body: try JSONValue(parsing: json)), sizes: sizes)
    }

    @Test func `no model behaves as dall-e-2 did`() throws {
        let asked = try read(#"{"prompt":"a fox","user":"u","n":null}"#)
        #expect(asked.model.id == "dall-e-2")
        #expect(asked.delivery == .url)
        #expect(asked.count == 1)
        #expect(asked.resolution() == PixelSize(width: 1_024, height: 1_024))
        #expect(asked.format == .png)
        #expect(asked.options == ["model": "dall-e-2", "user": "u"])
    }

    @Test func `dall-e-3 takes style, hd and b64_json`() throws {
        let asked = try read(
            #"{"prompt":"p","model":"dall-e-3","quality":"hd","style":"natural","response_format":"b64_json","size":"1792x1024"}"#
        )
        #expect(asked.delivery == .base64)
        #expect(asked.resolution() == PixelSize(width: 1_792, height: 1_024))
        #expect(asked.options["style"] == "natural")
        #expect(asked.options["quality"] == "hd")
    }

    @Test func `gpt-image models answer base64 in the format asked for`() throws {
        let asked = try read(
            #"{"prompt":"p","model":"gpt-image-2","size":"1280x720","output_format":"webp","output_compression":0,"n":10,"moderation":"low","background":"opaque","stream":true,"partial_images":3,"quality":"high"}"#
        )
        #expect(asked.delivery == .base64)
        #expect(asked.format == .webp)
        #expect(asked.compression == 0)
        #expect(asked.count == 10)
        #expect(asked.isStream)
        #expect(asked.partialImages == 3)
        #expect(asked.resolution() == .landscape)
    }

    @Test func `auto is landscape, and the picture's shape in an edit`() throws {
        let asked = try read(#"{"prompt":"p","model":"gpt-image-1","size":"auto"}"#)
        #expect(asked.size == nil)
        #expect(asked.resolution().description == "1536x1024")
        #expect(asked.resolution(picture: PixelSize(width: 90, height: 160)).description == "1024x1536")
        #expect(asked.resolution(picture: PixelSize(width: 90, height: 91)).description == "1024x1024")
    }

    @Test(arguments: [
        (
            #"{"prompt":"p","model":"gpt-image-1","response_format":"url"}"#, "response_format",
            "unknown_parameter", "Unknown parameter: 'response_format'."
        ),
        (
            #"{"prompt":"p","model":"gpt-image-1","size":"1254x836"}"#, "size", "invalid_value",
            "Invalid value: '1254x836'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'."
        ),
        (#"{"prompt":"p","size":"1792x1024"}"#, "size", "invalid_value", "'256x256'"),
        (#"{"prompt":"p","size":"auto"}"#, "size", "invalid_value", "'512x512'"),
        (
            #"{"prompt":"p","model":"gpt-image-2","size":"1280x721"}"#, "size", "invalid_value",
            "multiples of 16"
        ),
        (#"{"prompt":"p","model":"gpt-image-2","size":"640x640"}"#, "size", "invalid_value", "655360"),
        (#"{"prompt":"p","model":"gpt-image-2","size":"3200x800"}"#, "size", "invalid_value", "1:3"),
        (#"{"prompt":"p","model":"gpt-image-2","size":"4096x2048"}"#, "size", "invalid_value", "3840"),
        (
            #"{"prompt":"p","model":"gpt-image-2","size":"99999999999x1"}"#, "size", "invalid_value",
            "WIDTHxHEIGHT"
        ),
        (#"{"prompt":"p","model":"dall-e-3","n":2}"#, "n", "invalid_value", "<= 1"),
        (#"{"prompt":"p","n":0}"#, "n", "invalid_value", ">= 1"),
        (#"{"prompt":"p","n":"2"}"#, "n", "invalid_value", "an integer"),
        (#"{"prompt":"p","n":1.5}"#, "n", "invalid_value", "an integer"),
        (#"{"prompt":"p","quality":"hd"}"#, "quality", "invalid_value", "'standard'"),
        (#"{"prompt":"p","style":"vivid"}"#, "style", "unknown_parameter", "'style'"),
        (#"{"prompt":"p","model":"gpt-image-1","style":"vivid"}"#, "style", "unknown_parameter", "'style'"),
        (#"{"prompt":"p","model":"gpt-image-2","quality":"max"}"#, "quality", "invalid_value", "'max'"),
        (#"{"prompt":"p","foo":1}"#, "foo", "unknown_parameter", "Unknown parameter: 'foo'."),
        (#"{"prompt":"p","a/b":1}"#, "a/b", "unknown_parameter", "Unknown parameter: 'a/b'."),
        (#"{"prompt":"p","image":"x"}"#, "image", "unknown_parameter", "'image'"),
        (#"{"prompt":"p","model":"gpt-9"}"#, "model", "model_not_found", "gpt-9"),
        (#"{"prompt":"p","model":7}"#, "model", "invalid_value", "a string"),
        (#"{}"#, "prompt", "invalid_value", "Missing required parameter: 'prompt'."),
        (#"{"prompt":" \n"}"#, "prompt", "invalid_value", "blank"),
        (#"{"prompt":"p","model":"gpt-image-1","stream":"yes"}"#, "stream", "invalid_value", "a boolean"),
        (
            #"{"prompt":"p","model":"gpt-image-1","partial_images":1}"#, "partial_images", "invalid_value",
            "stream"
        ),
        (
            #"{"prompt":"p","model":"gpt-image-1","background":"transparent"}"#, "background",
            "invalid_value", "'opaque'"
        ),
        (
            #"{"prompt":"p","model":"gpt-image-1","output_compression":50}"#, "output_compression",
            "invalid_value", "PNG"
        ),
    ])
    func `refuses with one parameter and OpenAI's words`(
        body: String, parameter: String, code: String, words: String
    ) throws {
        let problem = try #require(throws: Problem.self) { try read(body) }
        let error = try #require(problem.openAIJSON(problem.code.row.openAI)["error"])
        #expect(error.object?.names == ["message", "type", "param", "code"])
        #expect(error["type"] == "invalid_request_error")
        #expect(error["param"]?.string == parameter)
        #expect(error["code"]?.string == code)
        #expect(error["message"]?.string?.contains(words) == true, "\(error)")
        #expect(problem.code.row.openAI.status == (code == "model_not_found" ? 404 : 400))
    }

    @Test(arguments: [("dall-e-2", 1_000), ("dall-e-3", 4_000), ("gpt-image-2.6-flare", 32_000)])
    func `each family has its longest prompt`(model: String, limit: Int) throws {
        func body(_ length: Int) -> String {
            #"{"model":"\#(model)","prompt":"\#(String(repeating: "é", count: length))"}"#
        }
        #expect(try read(body(limit)).prompt?.count == limit)
        #expect(throws: Problem.self) { try read(body(limit + 1)) }
    }

    @Test(arguments: [
        ("dall-e-2", "300x300", "256x256"), ("dall-e-3", "1280x720", "1792x1024"),
        ("gpt-image-1", "1080x1920", "1024x1536"), ("gpt-image-2", "1280x720", "1280x720"),
        ("gpt-image-2", "1080x1920", "1088x1920"),
    ])
    func `snaps to the nearest size where that is set`(model: String, size: String, wanted: String) throws {
        let asked = try read(
            #"{"prompt":"p","model":"\#(model)","size":"\#(size)"}"#, sizes: .snap)
        #expect(asked.resolution().description == wanted)
    }

    @Test func `snaps any size to one that is then accepted`() throws {
        for width in [1, 17, 64, 500, 1_079, 3_841, 9_999, 99_999] {
            for height in [1, 33, 800, 1_921, 4_000, 99_999] {
                let asked = try read(
                    #"{"prompt":"p","model":"gpt-image-2","size":"\#(width)x\#(height)"}"#, sizes: .snap)
                let snapped = asked.resolution()
                let again = try read(#"{"prompt":"p","model":"gpt-image-2","size":"\#(snapped)"}"#)
                #expect(again.resolution() == snapped)
            }
        }
    }

    @Test func `forms say numbers and booleans as text`() throws {
        let fields = try OpenAIFields(form: [
            ("prompt", "p"), ("model", "gpt-image-1"), ("n", "3"), ("stream", "True"),
            ("partial_images", "2"),
            ("input_fidelity", "high"),
        ])
        let asked = try OpenAIImageRequest(.edit, fields)
        #expect(asked.count == 3)
        #expect(asked.isStream)
        #expect(asked.options["input_fidelity"] == "high")
        #expect(throws: Problem.self) { try OpenAIFields(form: [("n", "1"), ("n", "2")]) }
        #expect(throws: Problem.self) {
            try OpenAIImageRequest(.edit, OpenAIFields(form: [("prompt", "p"), ("n", "3.0")]))
        }
    }

    @Test func `edits are not for dall-e-3, variations only for dall-e-2`() throws {
        #expect(throws: Problem.self) { try read(#"{"prompt":"p","model":"dall-e-3"}"#, .edit) }
        #expect(throws: Problem.self) { try read(#"{"model":"gpt-image-1"}"#, .variation) }
        #expect(throws: Problem.self) { try read(#"{"prompt":"p"}"#, .variation) }
        #expect(try read(#"{"response_format":"b64_json"}"#, .variation).delivery == .base64)
    }

    @Test func `reads pictures in JSON by link and by data URL`() throws {
        let body = try JSONValue(
            parsing:
                #"{"images":[{"image_url":"data:image/png;base64,AQID"},{"image_url":"https://a.example/b"}],"mask":{"image_url":"DATA:image/png;BASE64,BA=="}}"#
        )
        #expect(
            try OpenAIPicture.images(of: body) == [.bytes([1, 2, 3]), .url("https://a.example/b")])
        #expect(try OpenAIPicture.mask(of: body) == .bytes([4]))
    }

    @Test(arguments: [
        (#"{}"#, "images", "Missing"), (#"{"images":[]}"#, "images", "1 to 16"),
        (#"{"images":["x"]}"#, "images[0]", "exactly one"),
        (#"{"images":[{"image_url":"https://a.example","file_id":"f"}]}"#, "images[0]", "exactly one"),
        (
            #"{"images":[{"image_url":"https://a.example"},{"file_id":"f"}]}"#, "images[1].file_id",
            "no files API"
        ),
        (#"{"images":[{"image_url":"ftp://a.example"}]}"#, "images[0].image_url", "data URL"),
        (#"{"images":[{"image_url":"data:image/png,AQID"}]}"#, "images[0].image_url", "base64"),
        (#"{"images":[{"image_url":"data:image/png;base64,%%"}]}"#, "images[0].image_url", "base64"),
    ])
    func `refuses pictures in JSON by their place`(body: String, place: String, words: String) throws {
        let value = try JSONValue(parsing: body)
        let problem = try #require(throws: Problem.self) { try OpenAIPicture.images(of: value) }
        let error = problem.openAIJSON(problem.code.row.openAI)["error"]
        #expect(error?["param"]?.string == place)
        #expect(error?["message"]?.string?.contains(words) == true)
    }

    @Test func `says when names were born and when OpenAI switched them off`() throws {
        let retired = try #require(OpenAIModel.named("dall-e-3")).json
        #expect(
            retired == [
                "id": "dall-e-3", "object": "model", "created": 1_698_710_400, "owned_by": "system",
                "shutdown_date": "2026-05-12",
            ])
        #expect(try #require(OpenAIModel.named("gpt-image-2")).json["shutdown_date"] == .null)
        #expect(Set(OpenAIModel.all.map(\.id)).count == OpenAIModel.all.count)
    }
}
