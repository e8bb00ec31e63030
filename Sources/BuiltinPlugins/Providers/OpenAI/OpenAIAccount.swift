import ThumbwireKit

/// The account at OpenAI, at Azure or at a compatible server: where requests go and what proves who pays.
struct OpenAIAccount: Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    let baseURL: String
    private let azure: (deployment: String, version: String)?
    private let apiKey: String
    private let organization: String?
    private let project: String?

    init(_ configuration: OpenAIConfiguration) {
        var base = configuration.baseUrl[...]
        while base.last == "/" { base.removeLast() }
        baseURL = String(base)
        apiKey = configuration.apiKey
        organization = configuration.organization
        project = configuration.project
        azure =
            configuration.api == .azure
            ? (configuration.deployment ?? configuration.model, configuration.apiVersion ?? "") : nil
    }

    /// Without the key.
    var description: String { baseURL }

    var isAzure: Bool { azure != nil }

    /// Names the purse without showing the key: Swift's hashes are seeded anew in each process.
    var pacingKey: String {
        "\(baseURL)|\(String(UInt(bitPattern: apiKey.hashValue), radix: 36))|\(project ?? "")"
    }

    /// The URL of `images/generations` and the like.
    func url(_ path: String) -> String {
        guard let azure else { return "\(baseURL)/\(path)" }
        let place = "\(baseURL)/openai/deployments/\(percentEncoded(azure.deployment))"
        return "\(place)/\(path)?api-version=\(percentEncoded(azure.version))"
    }

    /// The URL of a model's description; `nil` where there is none.
    func url(ofModel name: String) -> String? {
        isAzure ? nil : "\(baseURL)/models/\(percentEncoded(name))"
    }

    /// Who asks, and what is wanted.
    func headers(contentType: String? = nil, accept: String = "application/json") -> [(String, String)] {
        var headers = [isAzure ? ("api-key", apiKey) : ("Authorization", "Bearer \(apiKey)")]
        if let contentType { headers.append(("Content-Type", contentType)) }
        headers.append(("Accept", accept))
        if let organization { headers.append(("OpenAI-Organization", organization)) }
        if let project { headers.append(("OpenAI-Project", project)) }
        return headers
    }

    /// The other side's words without keys: a refusal of a key quotes most of it.
    func redacted(_ text: String) -> String {
        let parts = text.split(separator: apiKey, omittingEmptySubsequences: false)
        let words = parts.joined(separator: "•••").split(separator: " ", omittingEmptySubsequences: false)
        return words.map { $0.contains("sk-") || $0.contains("org-") ? "•••" : String($0) }
            .joined(separator: " ")
    }
}

/// Unreserved characters of RFC 3986 §2.3 stay, all others are escaped.
private func percentEncoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
        let character = Character(Unicode.Scalar(byte))
        let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
        let hexadecimal = String(byte, radix: 16, uppercase: true)
        encoded += isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + hexadecimal
    }
    return encoded
}
