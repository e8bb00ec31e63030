import Documents
import Engine
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addChains() {
        native(
            .get, "/v1/chains",
            Operation(
                "listChains", "The file's chains in its order, and which of them are paused", tag: "chains",
                answers: [.json(200, "the list", "ChainList")])
        ) { call in
            .list(call.context.engine.chains().map(\.document))
        }
        native(
            .post, "/v1/chains/{name}/pause",
            Operation(
                "pauseChain",
                "Have a chain's jobs wait: they are accepted and hold no worker; what has bought something goes on. "
                    + "Needs the scope admin",
                tag: "chains", body: "ChainPause", answers: [.json(200, "the chain", "Chain")]
            ).withOptionalBody
        ) { call in
            try call.requireAdmin(toRule: "chain")
            let asked = try call.pauseRequest()
            let name = call.parameter("name")
            let isKnown = try await call.context.engine.pause(
                chain: name, until: asked.until, reason: asked.reason)
            return try call.chain(name, isKnown: isKnown)
        }
        native(
            .post, "/v1/chains/{name}/resume",
            Operation(
                "resumeChain", "Let a chain's jobs go on; needs the scope admin", tag: "chains",
                answers: [.json(200, "the chain", "Chain")])
        ) { call in
            try call.requireAdmin(toRule: "chain")
            let name = call.parameter("name")
            let before = call.context.engine.chains().first { $0.name == name }
            let isKnown = try await call.context.engine.resume(chain: name)
            return try call.chain(name, isKnown: isKnown, otherwise: before)
        }
    }
}

extension Call {
    /// The chain's document; a 404 with a guess where there is none of that name. `otherwise` is shown of a chain that is
    /// listed no more, because it had left the file.
    fileprivate func chain(
        _ name: String, isKnown: Bool, otherwise: ChainStatus? = nil
    ) throws(Problem) -> Response {
        let chains = context.engine.chains()
        guard isKnown, var status = chains.first(where: { $0.name == name }) ?? otherwise else {
            let shown = String(name.prefix(64))
            throw Problem(
                .notFound,
                "there is no chain \"\(shown)\"; \(suggestion(for: shown, among: chains.map(\.name)))")
        }
        if !chains.contains(where: { $0.name == name }) { status.pause = nil }
        return .json(200, status.document)
    }
}

extension ChainStatus {
    fileprivate var document: JSONValue {
        [
            "name": .string(name), "providers": .array(providers.map { .string($0) }),
            "pause": pause.map { document(of: $0) } ?? .null,
        ]
    }

    private func document(of pause: ChainPause) -> JSONValue {
        [
            "until": (pause.until?.description).json, "reason": .string(pause.reason),
            "pausedAt": .string(pause.at.description),
        ]
    }
}

extension OpenAPISchemas {
    static let chains: Schemas = [
        (
            "Chain",
            object(
                ["name": text, "providers": array(text), "pause": pause],
                required: ["name", "providers", "pause"])
        ),
        ("ChainList", list(of: "Chain")),
        ("ChainPause", pauseRequest),
    ]
}
