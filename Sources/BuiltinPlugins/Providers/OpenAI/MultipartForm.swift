/// Writes `multipart/form-data` (RFC 7578).
struct MultipartForm {
    private let boundary: String
    private var bytes: [UInt8] = []

    /// A form whose boundary cannot be guessed, so that no content can contain it by intent.
    init() {
        let random = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }
        boundary = "thumbwire-" + random.joined()
    }

    /// The value of `Content-Type`.
    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// The form as it is sent.
    consuming func body() -> [UInt8] {
        bytes += "--\(boundary)--\r\n".utf8
        return bytes
    }

    /// Adds a field; `name` is a plain word of ours.
    mutating func add(_ name: String, _ value: String) {
        head(name)
        end(Array(value.utf8))
    }

    /// Adds a file; `name`, `fileName` and `mediaType` are plain words of ours.
    mutating func add(_ name: String, file: [UInt8], fileName: String, mediaType: String) {
        head(name, "; filename=\"\(fileName)\"", "Content-Type: \(mediaType)\r\n")
        end(file)
    }

    private mutating func head(_ name: String, _ fileName: String = "", _ type: String = "") {
        let disposition = "Content-Disposition: form-data; name=\"\(name)\"\(fileName)\r\n"
        bytes += "--\(boundary)\r\n\(disposition)\(type)\r\n".utf8
    }

    private mutating func end(_ content: [UInt8]) {
        bytes += content
        bytes += "\r\n".utf8
    }
}
