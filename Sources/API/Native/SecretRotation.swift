import Documents
import Signing
import ThumbwireKit

/// The body that rotates a secret.
struct SecretRotation {
    private static let defaultOverlap: Duration = .seconds(86_400)

    /// The one that the client brought along, or a new one.
    var secret: SigningSecret
    /// How long the one before signs, too.
    var overlap: Duration

    init(_ body: JSONValue) throws(Problem) {
        var fields = try FieldReader(body: body)
        let text = fields.secret()
        let seconds = fields.integer("overlapSeconds", in: RequestLimits.overlapSeconds)
        fields.refuseUnknown()
        try fields.finish()
        secret = text.flatMap { try? SigningSecret($0) } ?? .generate()
        overlap = seconds.map { .seconds($0) } ?? Self.defaultOverlap
    }
}
