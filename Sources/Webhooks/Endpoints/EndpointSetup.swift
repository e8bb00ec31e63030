package import Documents
internal import Signing
package import ThumbwireKit

/// An endpoint with all that its deliveries prove themselves with.
package struct EndpointSetup: Hashable, Sendable {
    package var endpoint: Endpoint
    package var secrets: WebhookSecrets

    package init(endpoint: Endpoint, secrets: WebhookSecrets) {
        self.endpoint = endpoint
        self.secrets = secrets
    }

    /// A new endpoint as a client asks for it, with a secret of its own where none is given. Where its URL leads is for
    /// ``EndpointURL/validate(_:policy:client:)``.
    ///
    /// - Throws: A `Problem` that points at what is wrong.
    package init(_ request: EndpointRequest, account: AccountID, now: Timestamp) throws(Problem) {
        endpoint = Endpoint(
            id: EndpointID(prefix: "ep_", at: now), account: account, url: request.url,
            events: Set(EventType.terminal), createdAt: now)
        secrets = WebhookSecrets(.generate())
        try apply(request.options, now: now)
        move(to: request.url, request.options)
    }

    /// Makes it what a request says, as though it were made anew; its id, its age and its health stay, and status and
    /// signing secrets do where the request names none.
    package mutating func declare(_ request: EndpointRequest, now: Timestamp) throws(Problem) {
        let fresh = try EndpointSetup(request, account: endpoint.account, now: now)
        var (declared, before) = (fresh.endpoint, endpoint)
        declared.id = endpoint.id
        declared.createdAt = endpoint.createdAt
        if let status = request.options.status { before.become(status) }
        (declared.status, declared.disabledReason) = (before.status, before.disabledReason)
        declared.health = before.health
        if declared.url != before.url { declared.health.meetNewReceiver() }
        (secrets.headers, secrets.authorization) = (fresh.secrets.headers, fresh.secrets.authorization)
        if request.options.secret != nil {
            secrets.rotate(to: fresh.secrets.current, overlap: .zero, now: now)
        }
        endpoint = declared
    }

    /// Changes what a client names and leaves the rest. A secret that is named signs alone from now on.
    ///
    /// - Throws: A `Problem` that points at what is wrong; nothing is changed then.
    package mutating func apply(_ change: EndpointChange, now: Timestamp) throws(Problem) {
        try apply(change.options, now: now)
        if let url = change.url { move(to: url, change.options) }
    }

    /// Takes the URL, and its userinfo for the authorization where the request names none.
    private mutating func move(to url: String, _ options: EndpointOptions) {
        let (bare, authorization) = EndpointURL.withoutUserinfo(url)
        if bare != endpoint.url { endpoint.health.meetNewReceiver() }
        endpoint.url = bare
        guard let authorization, options.authorization == nil, !secrets.hasAuthorizationHeader else { return }
        secrets.authorization = authorization
    }

    private mutating func apply(_ options: EndpointOptions, now: Timestamp) throws(Problem) {
        var changed = secrets
        if let text = options.secret {
            changed.rotate(to: try Self.secret(text), overlap: .zero, now: now)
        }
        let headers = options.headers.map { $0.map { CustomHeader($0.name, $0.value) } }
        if let headers = options.wish(headers, "headers", default: []) { changed.headers = headers }
        let authorization = options.authorization.map(WebhookSecrets.Authorization.init)
        if let authorization = options.wish(authorization, "authorization") {
            changed.authorization = authorization
        }
        try Self.check(changed)
        secrets = changed
        options.apply(to: &endpoint)
    }

    private static func secret(_ text: String) throws(Problem) -> SigningSecret {
        do throws(SigningSecret.Malformed) {
            return try SigningSecret(text)
        } catch {
            throw Problem([FieldError(pointer: "/secret", detail: error.description)])
        }
    }

    private static func check(_ secrets: WebhookSecrets) throws(Problem) {
        do throws(WebhookSetupError) {
            try CustomHeaders.check(secrets.headers)
        } catch {
            throw Problem([
                FieldError(pointer: "/headers", detail: error.message, code: .callbackHeaderInvalid)
            ])
        }
        do throws(AuthorizationError) {
            try secrets.authorization?.check()
        } catch {
            throw Problem([FieldError(pointer: "/authorization/\(error.member)", detail: error.message)])
        }
        if secrets.hasAuthorizationHeader, secrets.authorization != nil {
            throw Problem([
                FieldError(
                    pointer: "/authorization",
                    detail: "would be sent besides the header authorization that the endpoint has; set the "
                        + "other one to null, or leave it out of headers")
            ])
        }
    }
}

extension Endpoint.Health {
    /// What one receiver asked for and did holds up nothing for another. The outage that others were told of goes on
    /// until something gets through.
    fileprivate mutating func meetNewReceiver() {
        (strikes, restsUntil, claimLimit) = (0, nil, nil)
    }
}

extension WebhookSecrets.Authorization {
    fileprivate init(_ asked: EndpointAuthorization) {
        switch asked {
        case .basic(let username, let password): self = .basic(username: username, password: password)
        case .bearer(let token): self = .bearer(token: token)
        case .jwt(let algorithm, let key, let issuer, let audience):
            let name: JWT.Algorithm =
                switch algorithm {
                case .hs256: .hs256
                case .rs256: .rs256
                case .es256: .es256
                }
            self = .jwt(JWT(algorithm: name, key: key, issuer: issuer, audience: audience))
        }
    }
}
