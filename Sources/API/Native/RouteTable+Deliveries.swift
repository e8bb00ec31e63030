import Documents
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addDeliveries() {
        let one = "/v1/deliveries/{id}"
        native(
            .get, "/v1/deliveries",
            Operation(
                "listDeliveries", "All deliveries, to endpoints and callbacks, newest first", tag: "webhooks",
                parameters: Operation.Parameter.deliveries,
                answers: [.json(200, "part of the list", "DeliveryList")])
        ) { call in
            try await call.deliveries(of: nil)
        }
        native(
            .get, one,
            Operation(
                "getDelivery", "One event on its way to one URL", tag: "webhooks",
                answers: [.json(200, "the delivery", "Delivery")])
        ) { call in
            .json(200, WebhookDocument.json(try await call.delivery()))
        }
        native(
            .get, one + "/attempts",
            Operation(
                "listAttempts", "Every try of a delivery, oldest first", tag: "webhooks",
                answers: [.json(200, "the list", "AttemptList")])
        ) { call in
            let delivery = try await call.delivery()
            let attempts = try await call.context.store.attempts(of: delivery.id)
            return .list(attempts.map { WebhookDocument.json($0, of: delivery.target) })
        }
        native(
            .post, one + "/resend",
            Operation(
                "resendDelivery", "Send it once more, delivered or not", tag: "webhooks",
                parameters: [.idempotencyKey], answers: [.json(202, "the delivery, due now", "Delivery")]),
            resend)
    }
}

@Sendable private func resend(_ call: Call) async throws -> Response {
    let sent = try await call.once { key in
        try await call.resend(once: key)
    } find: { kept in
        try await call.context.store.delivery(DeliveryID(rawValue: kept.id), of: call.account)
    }
    return .json(202, WebhookDocument.json(sent.resource)).marked(sent)
}

extension Call {
    fileprivate func resend(once key: IdempotencyKey?) async throws -> Delivery {
        let delivery = try await delivery()
        if case .endpoint(let id) = delivery.target {
            let endpoint = try await context.store.endpoint(id, of: account)
            guard endpoint?.status != .disabled else {
                throw Problem(.endpointDisabled, "endpoint \(id) is disabled; resume it first")
            }
        }
        let now = context.clock.now()
        guard let due = try await context.store.resend(delivery.id, of: account, now: now, once: key) else {
            throw noDelivery
        }
        return due
    }

    fileprivate var noDelivery: Problem {
        Problem(.notFound, "there is no delivery \(parameter("id").prefix(64))")
    }

    fileprivate func delivery() async throws -> Delivery {
        let id = DeliveryID(rawValue: parameter("id"))
        guard let delivery = try await context.store.delivery(id, of: account) else { throw noDelivery }
        return delivery
    }
}
