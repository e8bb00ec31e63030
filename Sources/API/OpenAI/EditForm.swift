import Documents
import HTTP
import ThumbwireKit

/// The form of an edit or a variation: plain fields, pictures, a mask.
struct EditForm {
    let fields: OpenAIFields
    let parts: MultipartForm
    private var images: [OpenAIPicture] = []
    private var mask: OpenAIPicture?

    init(_ call: Call) throws(Problem) {
        let form: MultipartForm
        do throws(MultipartError) {
            form = try MultipartForm(
                call.request.body, contentType: call.request.headers["Content-Type"] ?? "")
        } catch {
            throw Problem(.badRequest, "Could not parse the form: \(error)")
        }
        var plain: [(name: String, text: String)] = []
        for part in form.parts {
            switch part.name {
            case "image", "image[]": images.append(.bytes(Array(part.body)))
            case "mask":
                guard mask == nil else {
                    throw OpenAIFields.refusal("mask", "Parameter 'mask' is given twice.")
                }
                mask = .bytes(Array(part.body))
            default:
                guard let text = part.text else {
                    throw OpenAIFields.refusal(part.name, "Parameter '\(part.name)' is not UTF-8 text.")
                }
                plain.append((part.name, text))
            }
        }
        parts = form
        fields = try OpenAIFields(form: plain)
    }

    /// The pictures, as many as the model takes.
    func pictures(for model: OpenAIModel) throws(Problem) -> EditPictures {
        let counts = model.family.isDallE ? 1...1 : OpenAIPicture.counts
        guard !images.isEmpty else {
            throw OpenAIFields.refusal("image", "Missing required parameter: 'image'.")
        }
        guard counts.contains(images.count) else {
            throw OpenAIFields.refusal(
                "image",
                "Invalid 'image': \(model.id) takes at most \(counts.upperBound), but got \(images.count).")
        }
        return EditPictures(images: images, mask: mask, isForm: true)
    }
}

/// What an edit works on.
struct EditPictures {
    var images: [OpenAIPicture] = []
    var mask: OpenAIPicture?
    /// Errors name the parameter as it was sent: `image` in forms, `images` in JSON.
    var isForm = true

    func place(of index: Int) -> String {
        isForm ? "image" : "images/\(index)"
    }
}
