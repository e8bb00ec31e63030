package import ThumbwireKit

/// A model name that the OpenAI face knows, and what its family takes. The names choose the manner of the answer; which
/// provider makes the picture is the chain's affair.
package struct OpenAIModel: Hashable, Sendable {
    /// Models that take the same parameters.
    package enum Family: Hashable, Sendable {
        case dallE2, dallE3
        /// `gpt-image-1`, its small one, 1.5 and `chatgpt-image-latest`: three sizes.
        case gptImage1
        /// `gpt-image-2`: any size by rule.
        case gptImage2
        /// 2.5 and 2.6: two more qualities.
        case gptImage25
    }

    package let id: String
    package let family: Family
    /// When it appeared, `YYYY-MM-DD`.
    package let created: String
    /// When OpenAI switched it off or will, `YYYY-MM-DD`; `nil` where no day is known.
    package let shutdown: String?

    private init(_ id: String, _ family: Family, created: String, shutdown: String? = nil) {
        self.id = id
        self.family = family
        self.created = created
        self.shutdown = shutdown
    }

    /// Every name, retired ones included: old clients go on working here. Dates are those of OpenAI's deprecations page
    /// and of `GET /v1/models`.
    package static let all = [
        OpenAIModel("dall-e-2", .dallE2, created: "2023-10-30", shutdown: "2026-05-12"),
        OpenAIModel("dall-e-3", .dallE3, created: "2023-10-31", shutdown: "2026-05-12"),
        OpenAIModel("gpt-image-1", .gptImage1, created: "2025-04-24", shutdown: "2026-10-23"),
        OpenAIModel("gpt-image-1-mini", .gptImage1, created: "2025-09-26", shutdown: "2026-12-01"),
        OpenAIModel("gpt-image-1.5", .gptImage1, created: "2025-12-16", shutdown: "2026-12-01"),
        OpenAIModel("gpt-image-1.5-2025-12-16", .gptImage1, created: "2025-12-16", shutdown: "2026-12-01"),
        OpenAIModel("chatgpt-image-latest", .gptImage1, created: "2025-12-16", shutdown: "2026-12-01"),
        OpenAIModel("gpt-image-2", .gptImage2, created: "2026-04-21"),
        OpenAIModel("gpt-image-2-2026-04-21", .gptImage2, created: "2026-04-21"),
        OpenAIModel("gpt-image-2.5-flare", .gptImage25, created: "2026-09-08"),
        OpenAIModel("gpt-image-2.5-flare-2026-09-08", .gptImage25, created: "2026-09-08"),
        OpenAIModel("gpt-image-2.5-sunburst", .gptImage25, created: "2026-09-08"),
        OpenAIModel("gpt-image-2.5-sunburst-2026-09-08", .gptImage25, created: "2026-09-08"),
        OpenAIModel("gpt-image-2.6-flare", .gptImage25, created: "2026-11-04"),
        OpenAIModel("gpt-image-2.6-sunburst", .gptImage25, created: "2026-11-04"),
    ]

    package static func named(_ id: String) -> OpenAIModel? {
        all.first { $0.id == id }
    }

    /// An object of `GET /v1/models`.
    package var json: JSONValue {
        [
            "id": .string(id), "object": "model", "created": .integer(Self.seconds(of: created)),
            "owned_by": "system", "shutdown_date": shutdown.json,
        ]
    }

    /// Midnight of a day in UTC, in seconds of Unix time (civil days as in Hinnant's `days_from_civil`).
    private static func seconds(of day: String) -> Int64 {
        let parts = day.split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 3 else { return 0 }
        let year = parts[1] <= 2 ? parts[0] - 1 : parts[0]
        let month = (parts[1] + 9) % 12
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + parts[2] - 1
        return (days - 719_468) * 86_400
    }
}

extension OpenAIModel.Family {
    package var isDallE: Bool { self == .dallE2 || self == .dallE3 }

    /// Unicode scalars.
    var promptLimit: Int {
        switch self {
        case .dallE2: 1_000
        case .dallE3: 4_000
        case .gptImage1, .gptImage2, .gptImage25: 32_000
        }
    }

    /// Pictures of one request.
    var counts: ClosedRange<Int> { self == .dallE3 ? 1...1 : 1...10 }

    /// `auto` is the default everywhere.
    var qualities: [String] {
        switch self {
        case .dallE2: ["standard", "auto"]
        case .dallE3: ["standard", "hd", "auto"]
        case .gptImage1, .gptImage2: ["low", "medium", "high", "auto"]
        case .gptImage25: ["low", "medium", "high", "xhigh", "max", "auto"]
        }
    }

    /// What a generation takes beside `prompt`, `model`, `n`, `size`, `quality` and `user`.
    var ownParameters: [String] {
        switch self {
        case .dallE2: ["response_format"]
        case .dallE3: ["response_format", "style"]
        case .gptImage1, .gptImage2, .gptImage25:
            [
                "background", "output_format", "output_compression", "moderation", "stream", "partial_images",
            ]
        }
    }
}
