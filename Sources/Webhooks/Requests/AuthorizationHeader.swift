internal import Foundation
internal import Signing
internal import ThumbwireKit

/// The `Authorization` header of an attempt.
enum AuthorizationHeader {
    /// How long a token is valid.
    private static let tokenLife: Duration = .minutes(5)

    /// `nil` where the secrets ask for none.
    static func field(
        _ opened: OpenedSecrets, for event: EventID, at moment: Timestamp
    ) throws(TokenSigner.UnusableKey) -> CustomHeader? {
        switch opened.secrets.authorization {
        case nil: return nil
        case .basic(let username, let password):
            let credentials = Data("\(username):\(password)".utf8).base64EncodedString()
            return CustomHeader("authorization", "Basic \(credentials)")
        case .bearer(let token): return CustomHeader("authorization", "Bearer \(token)")
        case .jwt(let jwt):
            guard let signer = opened.signer else { return nil }
            let token = try signer.token(claims: claims(jwt, event, moment))
            return CustomHeader("authorization", "Bearer \(token)")
        }
    }

    /// RFC 7519 §4.1.
    private static func claims(
        _ jwt: WebhookSecrets.Authorization.JWT, _ event: EventID, _ moment: Timestamp
    ) -> [UInt8] {
        JSONValue.object(
            JSONObject(present: [
                ("iss", jwt.issuer.map { .string($0) }), ("aud", jwt.audience.map { .string($0) }),
                ("iat", .integer(moment.seconds)), ("exp", .integer((moment + tokenLife).seconds)),
                ("jti", .string(event.rawValue)),
            ])
        ).serialized()
    }
}
