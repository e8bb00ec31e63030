import Foundation
import Signing
import ThumbwireKit

/// What an upload link says to us: where the picture is to lie, and until when.
///
/// The link itself carries it, sealed: so links survive a restart, need no key and no memory, and nobody can make one up.
struct UploadTicket: Hashable {
    /// The two steps of a resumable upload.
    enum Step: String {
        case link, session
    }

    /// How long a step may be left unused.
    static let life = Duration.seconds(3_600)
    private static let maximumLength = 1_024

    var place: PictureUploads.Place
    var expiresAt: Timestamp

    init(place: PictureUploads.Place, now: Timestamp) {
        self.place = place
        expiresAt = now + Self.life
    }

    /// The last segment of the link's path.
    func token(_ step: Step, _ sealer: Sealer) -> String {
        let document: JSONValue = [
            .string(place.artifact.rawValue), .string(place.account.rawValue), .string(place.fileName),
            .integer(expiresAt.microseconds),
        ]
        let sealed = sealer.seal(document.serialized(), context: Self.context(step))
        return Data(sealed.bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    /// Opens what ``token(_:_:)`` made for that step; `nil` for anything else.
    init?(_ token: String, _ step: Step, _ sealer: Sealer) {
        guard token.utf8.count <= Self.maximumLength else { return nil }
        let base64 = token.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: base64 + padding),
            let bytes = try? sealer.unseal(Sealed(bytes: [UInt8](data)), context: Self.context(step)),
            let parts = try? JSONValue(parsing: bytes).array, parts.count == 4,
            let artifact = parts[0].string,
            let account = parts[1].string, let fileName = parts[2].string, let expiry = parts[3].integer
        else { return nil }
        place = PictureUploads.Place(
            artifact: ArtifactID(rawValue: artifact), account: AccountID(rawValue: account),
            fileName: fileName)
        expiresAt = Timestamp(microseconds: expiry)
    }

    private static func context(_ step: Step) -> String { "upload-\(step.rawValue)" }
}
