import HTTP
import ThumbwireKit

extension RouteTable {
    mutating func addHealth() {
        immediate(
            .get, "/healthz",
            Operation(
                "getHealth", "Whether the process answers", tag: "health",
                answers: [.json(200, "it does", "Health")])
        ) { _ in
            .json(200, ["status": "ok"])
        }
        let readiness = Readiness(context)
        open(
            .get, "/readyz",
            Operation(
                "getReadiness", "Whether new jobs are welcome", tag: "health",
                answers: [.json(200, "they are", "Health"), .json(503, "not now", "Unreadiness")])
        ) { _ in
            let reasons = await readiness.reasons()
            guard let first = reasons.first else { return .json(200, ["status": "ready"]) }
            let told: [JSONValue] = reasons.map {
                ["code": .string($0.rawValue), "detail": .string($0.detail)]
            }
            return .json(503, ["status": .string(first.rawValue), "reasons": .array(told)])
        }
    }
}
