import Persistence
import TestSupport
import ThumbwireKit

@testable import SQLiteStore

extension ModelRun {
    // MARK: Endpoints

    mutating func addEndpoint() async throws {
        guard let account = dice.one(of: model.accounts)?.id,
            model.endpoints.count(where: { $0.account == account }) < 4
        else { return }
        let types: Set<EventType> =
            dice.happens(40) ? Set(EventType.terminal) : Set(EventType.allCases.filter(\.isAboutJob))
        var endpoint = Endpoint.make(
            id: EndpointID(rawValue: "ep_\(model.next())"), account: account,
            events: types.union([.providerDegraded]))
        endpoint.sending.isOrdered = dice.happens(25)
        if dice.happens(25) { endpoint.health.claimLimit = dice.number(1...2) }
        if dice.happens(15) { endpoint.filters.sessions = ["session-1"] }
        if dice.happens(15) { endpoint.expiresAt = now + .seconds(dice.number(10...90)) }
        note("\(endpoint.id) of \(account), ordered \(endpoint.sending.isOrdered)")
        model.endpoints.append(endpoint)
        try await store.insert(endpoint, secret: .make())
    }

    mutating func changeEndpoint() async throws {
        guard let id = dice.one(of: model.endpoints)?.id, let endpoint = model.update(id, { _ in }) else {
            return
        }
        let status = dice.happens(50) ? .enabled : dice.one(of: Endpoint.Status.allCases) ?? .enabled
        let isOrdered = dice.happens(20) != endpoint.sending.isOrdered
        let limit = dice.happens(30) ? dice.number(1...2) : nil
        let change: @Sendable (inout Endpoint) -> Void = { endpoint in
            endpoint.status = status
            endpoint.sending.isOrdered = isOrdered
            endpoint.health.claimLimit = limit
            endpoint.health.restsUntil = nil
        }
        note("\(id): \(status.rawValue), ordered \(isOrdered), limit \(limit ?? 0)")
        let expected = model.update(id, change)
        try same(
            "endpoint", store: try await store.update(id, of: endpoint.account, change), model: expected)
    }

    mutating func deleteEndpoint() async throws {
        guard let endpoint = dice.one(of: model.endpoints) else { return }
        note("\(endpoint.id)")
        let isDeleted = model.deleteEndpoint(endpoint.id, of: endpoint.account)
        try same(
            "delete", store: try await store.deleteEndpoint(endpoint.id, of: endpoint.account),
            model: isDeleted)
    }

    mutating func removeExpiredEndpoints() async throws {
        let removed = model.removeExpiredEndpoints(now: now)
        note("\(removed)")
        try same("removed", store: try await store.removeExpiredEndpoints(now: now), model: removed)
    }

    // MARK: Deliveries

    mutating func claimDeliveries() async throws {
        let (limit, now) = (dice.number(1...4), now)
        let busy = Set(
            dice.happens(20) ? dice.one(of: model.sent.map(\.delivery.target)).map { [$0] } ?? [] : [])
        model.releaseExpiredDeliveries(now: now)
        let due = model.dueDeliveries(busy: busy, now: now)
        let claimed = try await store.claimDeliveries(
            limit: limit, busy: busy, leaseUntil: now + .seconds(30), now: now)
        note("\(claimed.map { "\($0.delivery.event) to \($0.delivery.target)" })")
        var moments: [Timestamp] = []
        // Before any of them is held: of an ordered endpoint there is one at most.
        let before = model
        for one in claimed {
            let known = before.sent.firstIndex {
                $0.delivery.event == one.delivery.event && $0.delivery.target == one.delivery.target
            }
            guard let index = known, let moment = before.claimable(index, now: now), moment <= now,
                !busy.contains(one.delivery.target)
            else {
                throw Divergence(
                    what: "claimed delivery", store: "\(one.delivery)", model: "has none such to claim")
            }
            moments.append(moment)
            model.identify(index, as: one.delivery.id)
            model.sent[index].beginSchedule()
            try check(one, model.sent[index])
            model.sent[index].leaseUntil = now + .seconds(30)
            attempting.append(one)
        }
        try same("due deliveries", store: moments, model: Array(due.prefix(limit)))
        for endpoint in before.endpoints {
            let mine = claimed.count { $0.delivery.target == .endpoint(endpoint.id) }
            guard mine <= before.room(of: endpoint) else {
                throw Divergence(what: "held of \(endpoint.id)", store: "\(mine)", model: "\(endpoint)")
            }
        }
    }

    private func check(_ due: DueDelivery, _ sent: StoreModel.Sent) throws {
        try same("delivery", store: due.delivery, model: sent.delivery)
        try same("its event", store: due.event, model: model.events[sent.place])
        if case .endpoint(let endpoint, _) = due.destination {
            try same("its endpoint", store: endpoint, model: model.endpoint(of: due.delivery.target))
        }
    }

    /// Results of some attempts, among them late and repeated ones.
    mutating func record() async throws {
        let chosen = dice.some(dice.number(1...3), of: Array(attempting.indices))
        guard !chosen.isEmpty else { return }
        let results = chosen.map { result(of: attempting[$0]) }
        let review = dice.number(1...10)
        let rest = now + .seconds(dice.number(1...20))
        let reviewing: @Sendable (Endpoint, [AttemptResult]) -> EndpointReview? = { endpoint, _ in
            var endpoint = endpoint
            switch review {
            case 1...2: endpoint.health.restsUntil = rest
            case 3: endpoint.health.claimLimit = 1
            case 4: (endpoint.status, endpoint.disabledReason) = (.disabled, "a test")
            case 5: endpoint.health = Endpoint.Health()
            default: return nil
            }
            return EndpointReview(endpoint: endpoint)
        }
        var after = model
        let expected = Result { () throws(StoreModel.Refusal) in
            try after.record(results, reviewing)
            return true
        }
        note(
            "\(results.map { "\($0.attempt.delivery) \($0.attempt.number) \($0.consequence)" }): \(expected)")
        if case .success = expected { model = after }
        try await agree("record", model: expected) {
            try await store.record(results, reviewing: reviewing)
            return true
        }
        for result in results {
            let numbers = try await store.attempts(of: result.attempt.delivery).map(\.number)
            let known = model.sent.first { $0.delivery.id == result.attempt.delivery }?.attempts ?? []
            try same("attempts", store: numbers, model: known.sorted())
        }
        if dice.happens(80) {
            for index in chosen.sorted(by: >) { attempting.remove(at: index) }
        }
    }

    private mutating func result(of due: DueDelivery) -> AttemptResult {
        let outcome: Attempt.Outcome =
            dice.happens(80)
            ? .answered(status: dice.happens(50) ? 200 : 503, bodyHead: "")
            : .unanswered(code: "timeout", message: "no answer")
        let consequence: AttemptResult.Consequence =
            switch dice.number(1...10) {
            case 1...4: .delivered
            case 5...8: .retry(at: now + .seconds(dice.number(0...30)))
            default: .exhausted
            }
        return AttemptResult(
            attempt: .make(
                delivery: due.delivery.id, number: due.delivery.attempts + 1, startedAt: now, outcome: outcome
            ),
            consequence: consequence)
    }

    mutating func resend() async throws {
        let known = model.sent.filter(\.isIdentified)
        let held = known.filter { $0.leaseUntil != nil }
        let chosen = dice.one(of: dice.happens(40) && !held.isEmpty ? held : known)
        guard let delivery = chosen?.delivery else { return }
        var after = model
        let expected = Result { () throws(StoreModel.Refusal) in
            try after.resend(delivery.id, of: delivery.account, now: now)
        }
        note("\(delivery.id) \(delivery.event) to \(delivery.target)")
        if case .success = expected { model = after }
        try await agree("resend", model: expected) {
            try await store.resend(delivery.id, of: delivery.account, now: now)
        }
    }

    mutating func recover() async throws {
        guard let endpoint = dice.one(of: model.endpoints) else { return }
        let query = RecoveryQuery(
            endpoint: endpoint.id, account: endpoint.account,
            scope: dice.one(of: [.failed, .missing, .all]) ?? .failed,
            since: now - .seconds(dice.number(1...300)), until: now)
        var after = model
        let expected = Result { () throws(StoreModel.Refusal) in try after.recover(query, now: now) }
        note("\(endpoint.id) \(query.scope): \(expected)")
        if case .success = expected { model = after }
        try await agree("recover", model: expected) { try await store.recover(query, now: now) }
    }

    mutating func emit() async throws {
        guard let account = dice.one(of: model.accounts)?.id else { return }
        let event = Event.make(
            id: EventID(rawValue: "evt_\(model.next())"), .providerDegraded, account: account, occurredAt: now
        )
        model.emit(event, now: now)
        try await store.emit([event])
    }

    mutating func emitToEndpoint() async throws {
        guard let endpoint = dice.one(of: model.endpoints) else { return }
        let event = Event.make(
            id: EventID(rawValue: "evt_\(model.next())"), account: endpoint.account, occurredAt: now)
        try model.emit(event, to: endpoint.id)
        try await store.emit(event, to: endpoint.id)
    }
}

extension StoreModel {
    fileprivate mutating func record(
        _ results: [AttemptResult], _ reviewing: (Endpoint, [AttemptResult]) -> EndpointReview?
    ) throws(Refusal) {
        for result in results { try record(result) }
        let targets = Set(
            results.compactMap { result in sent.first { $0.delivery.id == result.attempt.delivery } }
                .map(\.delivery.target))
        for index in endpoints.indices where targets.contains(.endpoint(endpoints[index].id)) {
            guard let reviewed = reviewing(endpoints[index], results)?.endpoint else { continue }
            endpoints[index].status = reviewed.status
            endpoints[index].disabledReason = reviewed.disabledReason
            endpoints[index].health = reviewed.health
        }
    }
}
