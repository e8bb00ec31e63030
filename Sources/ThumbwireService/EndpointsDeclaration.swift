internal import Documents
internal import HTTP
internal import Persistence
internal import Signing
internal import ThumbwireKit
internal import Webhooks

/// Makes the endpoints of a file be there as it says. Endpoints that the file lacks stay as they are.
struct EndpointsDeclaration: Sendable {
    let file: EndpointsFile
    let store: any Store
    let sealer: Sealer
    let client: HTTPClient
    let policy: AddressPolicy
    let clock: any WallClock
    let log: Log

    /// An endpoint as it is and as it is to be.
    private struct Change {
        var before: EndpointSetup?
        var after: EndpointSetup
    }

    /// Looks at everything before it writes anything; throws all that is wrong, a line for each problem. Once written
    /// it changes nothing if it runs again.
    func apply() async throws {
        var changes: [Change] = []
        var problems = EndpointsFileProblems(path: file.path)
        let now = clock.now()
        let accounts = try await store.accounts()
        let refusals = try await refusedURLs()
        for (entry, refusal) in zip(file.entries, refusals) {
            if let refusal { problems.add("\(entry.place).url", refusal) }
            guard !isOver(entry, at: now),
                let account = account(of: entry, among: accounts, &problems)
            else { continue }
            do throws(Problem) {
                guard let change = try await change(entry, of: account, at: now) else {
                    problems.add("\(entry.place).id", "there is no endpoint \(entry.id?.rawValue ?? "")")
                    continue
                }
                let twin = changes.firstIndex {
                    $0.after.endpoint.account == account
                        && ($0.after.endpoint.url == change.after.endpoint.url
                            || $0.after.endpoint.id == change.after.endpoint.id)
                }
                if twin != nil { problems.add("\(entry.place).url", "stands in the file twice") }
                changes.append(change)
            } catch {
                for problem in error.errors { problems.add(entry.place, problem) }
                if error.errors.isEmpty { problems.add(entry.place, error.detail) }
            }
        }
        try problems.check()
        try await write(changes)
    }

    /// What is wrong with where each entry's URL leads; `nil` where nothing is.
    private func refusedURLs() async throws -> [String?] {
        try await withThrowingTaskGroup(of: (Int, String?).self) { group in
            for (index, entry) in file.entries.enumerated() {
                group.addTask {
                    do {
                        try await EndpointURL.validate(entry.request.url, policy: policy, client: client)
                        return (index, nil)
                    } catch let error as WebhookSetupError {
                        return (index, error.message)
                    }
                }
            }
            var refusals = [String?](repeating: nil, count: file.entries.count)
            for try await (index, refusal) in group { refusals[index] = refusal }
            return refusals
        }
    }

    private func isOver(_ entry: EndpointsFile.Entry, at now: Timestamp) -> Bool {
        guard let end = entry.request.options.expiresAt, end <= now else { return false }
        log(
            .warning, "an endpoint of the file is over and not made",
            ["file": .string(file.path), "entry": .string(entry.place)])
        return true
    }

    private func account(
        of entry: EndpointsFile.Entry, among accounts: [Account], _ problems: inout EndpointsFileProblems
    ) -> AccountID? {
        guard let name = entry.account else { return accounts.first?.id }
        let found = accounts.filter { $0.id.rawValue == name || $0.name == name }
        if found.count == 1 { return found[0].id }
        problems.add(
            "\(entry.place).account",
            found.isEmpty
                ? "there is no account \"\(name)\""
                : "\(found.count) accounts are called \"\(name)\"; give an id")
        return nil
    }

    /// `nil` where the entry names an endpoint that is not there.
    private func change(
        _ entry: EndpointsFile.Entry, of account: AccountID, at now: Timestamp
    ) async throws(Problem) -> Change? {
        do {
            let known = try await store.endpoints(of: account)
            guard let endpoint = Self.endpoint(of: entry, among: known) else {
                guard entry.id == nil else { return nil }
                return Change(after: try EndpointSetup(entry.request, account: account, now: now))
            }
            guard let sealed = try await store.secret(of: endpoint.id) else {
                throw StoreError.missing("secret of \(endpoint.id)")
            }
            let secrets = try WebhookSecrets(unsealing: sealed, with: sealer)
            let before = EndpointSetup(endpoint: endpoint, secrets: secrets)
            var after = before
            try after.declare(entry.request, now: now)
            return Change(before: before, after: after)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.internalError, "its endpoint cannot be read: \(error)")
        }
    }

    /// By the id, else by the URL without userinfo; of several at one URL the one of that description, else the
    /// oldest.
    private static func endpoint(
        of entry: EndpointsFile.Entry, among known: [Endpoint]
    ) -> Endpoint? {
        if let id = entry.id { return known.first { $0.id == id } }
        let url = EndpointURL.withoutUserinfo(entry.request.url).url
        let same = known.filter { $0.url == url }
        return same.first { $0.description == entry.request.options.description } ?? same.first
    }

    private func write(_ changes: [Change]) async throws {
        var (made, changed) = (0, 0)
        for change in changes {
            let (endpoint, secrets) = (change.after.endpoint, change.after.secrets)
            guard let before = change.before else {
                try await store.insert(endpoint, secret: secrets.sealed(with: sealer))
                made += 1
                continue
            }
            guard before != change.after else { continue }
            changed += 1
            let secret = before.secrets == secrets ? nil : secrets.sealed(with: sealer)
            _ = try await store.revise(endpoint.id, of: endpoint.account) { stored in
                EndpointRevision(StoredEndpoint(endpoint, secret: secret ?? stored.secret))
            }
        }
        log(
            .info, "declared webhook endpoints",
            [
                "file": .string(file.path), "made": .integer(Int64(made)),
                "changed": .integer(Int64(changed)),
                "unchanged": .integer(Int64(changes.count - made - changed)),
            ])
    }
}
