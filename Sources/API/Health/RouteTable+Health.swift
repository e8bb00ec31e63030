import Documents
import Engine
import HTTP
import Persistence
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
        open(
            .get, "/readyz",
            Operation(
                "getReadiness", "Whether new jobs are welcome", tag: "health",
                answers: [.json(200, "they are", "Health"), .json(503, "not now", "Health")])
        ) { [context] _ in
            guard context.engine.isAccepting else { return .json(503, ["status": "draining"]) }
            switch context.engine.storage.shortage {
            case .disk(let freeBytes, let floorBytes):
                return .json(
                    503,
                    [
                        "status": "disk_nearly_full", "freeBytes": .integer(freeBytes),
                        "floorBytes": .integer(floorBytes),
                    ])
            case .data(let limitBytes):
                return .json(503, ["status": "data_limit_reached", "limitBytes": .integer(limitBytes)])
            case nil: break
            }
            do throws(StoreError) {
                try await context.store.ping()
                return .json(200, ["status": "ready"])
            } catch {
                context.log(.error, "the store cannot write", ["error": .string("\(error)")])
                return .json(503, ["status": "store_not_writable"])
            }
        }
    }
}
