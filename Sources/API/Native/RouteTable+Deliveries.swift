import Documents
import HTTP
import Persistence
import ThumbwireKit

extension RouteTable {
    mutating func addDeliveries() {
        native(
            .get, "/v1/deliveries/{id}",
            Operation(
                "getDelivery", "One event on its way to one URL", tag: "webhooks",
                answers: [.json(200, "the delivery", "Delivery")])
        ) { call in
            .json(200, WebhookDocument.json(try await call.delivery()))
        }
        native(
            .get, "/v1/deliveries/{id}/attempts",
            Operation(
                "listAttempts", "Every try of a delivery, oldest first", tag: "webhooks",
                answers: [.json(200, "the list", "AttemptList")])
        ) { call in
            let delivery = try await call.delivery()
            let attempts = try await call.context.store.attempts(of: delivery.id)
            return .list(attempts.map { WebhookDocument.json($0, of: delivery.target) })
        }
        native(
            .get, "/v1/webhook-secret",
            Operation(
                "getCallbackSecret", "The secret that signs the account's callbacks", tag: "webhooks",
                answers: [.json(200, "the secret", "Secret")])
        ) { call in
            try call.secret(try await call.context.store.callbackSecret(of: call.account))
        }
    }
}

extension Call {
    fileprivate func delivery() async throws -> Delivery {
        let id = DeliveryID(rawValue: parameter("id"))
        guard let delivery = try await context.store.delivery(id, of: account) else {
            throw Problem(.notFound, "there is no delivery \(id.rawValue.prefix(64))")
        }
        return delivery
    }

    /// Part of the deliveries to one target.
    func deliveries(of target: Delivery.Target) async throws -> Response {
        let statuses = try request.choices("status", Delivery.Status.self)
        guard statuses?.count ?? 1 == 1 else {
            throw Problem(.queryInvalid, "status names \(statuses?.count ?? 0) values; allowed is 1")
        }
        let query = DeliveryQuery(
            account: account, target: target, status: statuses?.first, limit: try limit(),
            cursor: request.query("cursor"))
        let page = try await page { () async throws(StoreError) in try await context.store.deliveries(query) }
        return .list(page.items.map(WebhookDocument.json), next: page.next)
    }
}
