import Persistence
import TestSupport
import ThumbwireKit

@testable import SQLiteStore

extension ModelRun {
    /// All that the contract lets one see is as the model says.
    mutating func compare() async throws {
        for account in model.accounts.map(\.id) {
            try await compareJobs(of: account)
            try await compareEvents(of: account)
            try await compareDeliveries(of: account)
            try await compareCredits(of: account)
            try same(
                "endpoints", store: try await store.endpoints(of: account),
                model: model.endpoints.filter { $0.account == account })
        }
        for key in model.keys.map(\.id) {
            try same(
                "spending of \(key)", store: try await store.spending(of: key),
                model: model.spending[key, default: 0])
        }
        try await compareMoments()
    }

    private func compareJobs(of account: AccountID) async throws {
        let jobs = try await all { try await store.jobs(JobQuery(account: account, limit: 100, cursor: $0)) }
        let known = model.jobs.map(\.job).filter { $0.account == account }
        try same("jobs", store: jobs.map(\.id), model: known.map(\.id).reversed())
        for (job, known) in zip(jobs, known.reversed()) {
            try same("job \(known.id)", store: job.comparable, model: known.comparable)
        }
    }

    /// Besides what the model says, what holds of any history: no job has a gap in its events or more than one end.
    private func compareEvents(of account: AccountID) async throws {
        var events: [PositionedEvent] = []
        repeat {
            let after = events.last?.position ?? 0
            let part = try await store.events(EventQuery(account: account, after: after, limit: 1_000))
            if part.isEmpty { break }
            events += part
        } while true
        let known = model.events.filter { $0.account == account }
        try same("events", store: events.map(\.event.id), model: known.map(\.id))
        try same("what they say", store: events.map(\.event), model: known)
        for (job, events) in Dictionary(grouping: events.map(\.event), by: \.job) {
            guard let job, let state = model.index(of: job).map({ model.jobs[$0].job.state }) else {
                continue
            }
            try same("sequence of \(job)", store: events.map(\.sequence), model: Array(1...events.count))
            let ends = events.count { EventType.terminal.contains($0.type) }
            try same("ends of \(job)", store: ends, model: state.isTerminal ? 1 : 0)
        }
    }

    /// There is one delivery of an event to a target; its id is noted the first time it is seen.
    private mutating func compareDeliveries(of account: AccountID) async throws {
        let deliveries = try await all {
            try await store.deliveries(DeliveryQuery(account: account, limit: 100, cursor: $0))
        }
        let known = model.sent.indices.filter { model.sent[$0].delivery.account == account }
        try same("deliveries", store: deliveries.count, model: known.count)
        var last: [Delivery.Target: Timestamp] = [:]
        var found = Dictionary(grouping: deliveries) { Path(event: $0.event, target: $0.target) }
        for index in known.sorted(by: { model.sent[$0].place < model.sent[$1].place }) {
            let expected = model.sent[index].delivery
            let path = Path(event: expected.event, target: expected.target)
            let one = try requireOne(found.removeValue(forKey: path) ?? [])
            model.identify(index, as: one.id)
            if let latest = model.sent[index].isDueBy {
                // A recovery sends the oldest event first.
                guard let due = one.nextAttemptAt, due <= latest, due > last[one.target] ?? now - .seconds(60)
                else {
                    throw Divergence(what: "recovered", store: "\(one)", model: "due by \(latest), in order")
                }
                last[one.target] = due
                model.sent[index].isDueBy = nil
                model.sent[index].delivery.nextAttemptAt = due
            }
            try same("delivery of \(one.event)", store: one, model: model.sent[index].delivery)
        }
    }

    private struct Path: Hashable {
        var event: EventID
        var target: Delivery.Target
    }

    /// Lines are only added, their sum is the balance, and nothing is settled twice.
    private func compareCredits(of account: AccountID) async throws {
        let lines = try await all { try await store.ledger(of: account, limit: 100, cursor: $0) }
        try same("ledger", store: lines.reversed(), model: model.ledger[account, default: []])
        try same(
            "balance", store: try await store.balance(of: account), model: lines.reduce(0) { $0 + $1.amount })
        try same("held", store: try await store.held(by: account), model: model.held(by: account))
        let settled = lines.filter { $0.kind == .capture || $0.kind == .release }.compactMap(\.job)
        try same("settled once", store: settled.count, model: Set(settled).count)
    }

    /// When somebody has to look again, and what restrains providers.
    private func compareMoments() async throws {
        let (now, due) = (now, try await store.nextJobDue())
        try same(
            "next job due", store: due.map { max($0, now) }, model: model.nextJobDue().map { max($0, now) })
        try same("next ticket due", store: try await store.nextTicketDue(), model: model.nextTicketDue())
        try same(
            "next delivery due", store: try await store.nextDeliveryDue(),
            model: model.nextDeliveryDue(now: now))
        try same(
            "open tickets", store: try await store.openTicketCount(of: "studio"),
            model: model.openTicketCount(of: "studio"))
        try same(
            "pauses", store: try await store.pauses(),
            model: model.pauses.values.sorted { $0.provider < $1.provider })
    }

    private func all<Item>(_ page: (String?) async throws -> Page<Item>) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let part = try await page(cursor)
            items += part.items
            cursor = part.next
        } while cursor != nil
        return items
    }
}
