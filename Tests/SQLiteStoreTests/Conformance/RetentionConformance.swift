import Persistence
import TestSupport
import Testing
import ThumbwireKit

private let day = Duration.seconds(86_400)

extension Store {
    /// A job that ended then, with a picture and a composition.
    @discardableResult
    fileprivate func endedJob(
        of account: Account, at moment: Timestamp = .noon, callbackEvents: [EventType]? = nil,
        content: String = String(repeating: "ab", count: 32), expiresAt: Timestamp? = nil,
        openTickets: [OpenTicket] = []
    ) async throws -> (job: Job, picture: Artifact) {
        let job = try await acceptAndClaim(.make(account: account.id, callbackEvents: callbackEvents))
        var picture = Artifact.make(account: account.id, job: job.id)
        picture.sha256 = content
        picture.expiresAt = expiresAt
        let ended = job.becoming(.completed, at: moment)
        let isApplied = try await apply(
            JobChange(
                job: ended, lease: Lease.make().id, disposition: .finish, artifacts: [picture],
                compositions: [0: Array("{}".utf8)], event: .make(.completed, of: ended, sequence: 2),
                openTickets: openTickets))
        #expect(isApplied)
        return (ended, picture)
    }

    fileprivate func deliverAll(at now: Timestamp = .noon) async throws {
        let due = try await claimAtNoon(now: now)
        try await record(
            due.map {
                AttemptResult(
                    attempt: .make(delivery: $0.delivery.id), consequence: .delivered, events: [])
            })
    }

    fileprivate func prune(before moment: Timestamp, limit: Int = 100) async throws -> PrunedBatch {
        try await pruneJobs(endedBefore: moment, after: 0, limit: limit)
    }
}

@Suite("Store contract: retention") struct RetentionConformance {
    @Test(arguments: StoreKind.all)
    func `an erased job leaves nothing but its lines in the ledger`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var metered = account
            metered.isMetered = true
            _ = try await store.update(metered)
            _ = try await store.grant(10, to: account.id, note: nil, at: .noon)
            try await store.insert(.make(account: account.id), secret: .make())
            let job = try await store.acceptAndClaim(
                .make(account: account.id, callbackEvents: [.completed], credits: 4))
            let picture = Artifact.make(account: account.id, job: job.id)
            let ended = job.becoming(.completed)
            _ = try await store.apply(
                JobChange(
                    job: ended, lease: Lease.make().id, disposition: .finish, artifacts: [picture],
                    compositions: [0: Array("{}".utf8)], event: .make(.completed, of: ended, sequence: 2)))
            try await store.deliverAll()
            let ledger = try await store.ledger(of: account.id, limit: 10, cursor: nil).items

            let erasure = try await store.eraseJob(job.id, of: account.id, dropsDeliveries: false)

            #expect(erasure == .erased(contents: [picture.sha256]))
            #expect(try await store.job(job.id, of: nil) == nil)
            #expect(try await store.callback(of: job.id) == nil)
            #expect(try await store.composition(of: job.id, variant: 0) == nil)
            #expect(try await store.artifact(fileName: picture.fileName) == nil)
            #expect(try await store.events(EventQuery(account: account.id)).isEmpty)
            #expect(try await store.deliveries(DeliveryQuery(account: account.id)).items.isEmpty)
            #expect(try await store.namedContents(among: [picture.sha256]).isEmpty)
            #expect(try await store.ledger(of: account.id, limit: 10, cursor: nil).items == ledger)
            #expect(try await store.balance(of: account.id) == 6)
            #expect(try await store.eraseJob(job.id, of: account.id, dropsDeliveries: false) == .notFound)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a live job, one with open tickets and another account's stay`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let other = Account.make()
            try await store.insert(other, callbackSecret: .make())
            let queued = try await store.acceptJob(.make(account: account.id))
            _ = try await store.claim(limit: 10, lease: .make(), now: .noon)
            var step = Step.make(status: .pending)
            step.ticket = "t-1"
            let use = try #require(PinnedChain.make().providers.first)
            let waiting = Job.make(account: account.id)
            try await store.acceptJob(waiting)
            let claimed = try requireOne(try await store.claim(limit: 10, lease: .make(), now: .noon)).job
            let failed = claimed.becoming(.failed)
            _ = try await store.apply(
                JobChange(
                    job: failed, lease: Lease.make().id, disposition: .finish,
                    event: .make(.failed, of: failed, sequence: 2),
                    openTickets: [
                        OpenTicket(
                            job: failed.id, account: account.id, step: step, use: use,
                            nextPollAt: .noon + day, until: .noon + day)
                    ]))

            for id in [queued.id, failed.id] {
                let own = try await store.eraseJob(id, of: account.id, dropsDeliveries: true)
                let foreign = try await store.eraseJob(id, of: other.id, dropsDeliveries: true)
                #expect(own == .unfinished)
                #expect(foreign == .notFound)
            }
            let pruned = try await store.prune(before: .noon + day * 100)
            #expect(pruned.count == 0)
            #expect(try await store.job(queued.id, of: account.id) != nil)
            #expect(try await store.job(failed.id, of: account.id) != nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an event that waits to be delivered keeps its job, unless it is dropped`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let (job, picture) = try await store.endedJob(of: account, callbackEvents: [.completed])

            let kept = try await store.eraseJob(job.id, of: account.id, dropsDeliveries: false)
            let pruned = try await store.prune(before: .noon + day)
            let due = try requireOne(try await store.claimAtNoon())
            let erased = try await store.eraseJob(job.id, of: account.id, dropsDeliveries: true)
            // The attempt that was under way ends all the same, and holds up no other.
            try await store.record([
                AttemptResult(attempt: .make(delivery: due.delivery.id), consequence: .delivered, events: [])
            ])

            #expect(kept == .delivering)
            #expect(pruned.count == 0)
            #expect(erased == .erased(contents: [picture.sha256]))
            #expect(try await store.nextDeliveryDue() == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `jobs go when they have been over for long enough, step by step`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var jobs: [JobID] = []
            for age in [0, 3, 1, 5, 2] {
                jobs.append(try await store.endedJob(of: account, at: .noon + day * age).job.id)
            }

            let first = try await store.prune(before: .noon + day * 3, limit: 2)
            let second = try await store.pruneJobs(
                endedBefore: .noon + day * 3, after: try #require(first.next), limit: 2)

            #expect(first.count == 2)
            #expect(second.count == 1)
            #expect(second.next == nil)
            var left: [JobID] = []
            for id in jobs where try await store.job(id, of: nil) != nil { left.append(id) }
            #expect(left == [jobs[1], jobs[3]])
        }
    }

    @Test(arguments: StoreKind.all)
    func `content stays named until its last row goes`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let (first, picture) = try await store.endedJob(of: account)
            let (second, _) = try await store.endedJob(of: account)

            _ = try await store.eraseJob(first.id, of: account.id, dropsDeliveries: false)
            let named = try await store.namedContents(among: [picture.sha256, "other"])
            _ = try await store.eraseJob(second.id, of: account.id, dropsDeliveries: false)

            #expect(named == [picture.sha256])
            #expect(try await store.namedContents(among: [picture.sha256]).isEmpty)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a link ends when it said, and the file goes then`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, clock in
            let (job, picture) = try await store.endedJob(of: account, expiresAt: .noon + day)
            let (_, forever) = try await store.endedJob(of: account)

            let early = try await store.pruneExpiredArtifacts(now: clock.now(), limit: 10)
            #expect(early.count == 0)
            #expect(try await store.artifact(fileName: picture.fileName)?.expiresAt == .noon + day)
            clock.advance(by: day)
            #expect(try await store.artifact(fileName: picture.fileName) == nil)
            #expect(try await store.artifact(picture.id, of: account.id) != nil)
            let late = try await store.pruneExpiredArtifacts(now: clock.now(), limit: 10)

            #expect(late.contents == [picture.sha256])
            #expect(try await store.artifact(picture.id, of: account.id) == nil)
            #expect(try await store.artifact(fileName: forever.fileName) != nil)
            #expect(try await store.job(job.id, of: account.id) != nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a picture of a live job stays although its time has come`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, clock in
            var job = try await store.acceptAndClaim(.make(account: account.id))
            var bought = Artifact.make(account: account.id, job: job.id)
            bought.expiresAt = .noon + .seconds(1)
            job.state = .processing
            _ = try await store.apply(
                JobChange(job: job, lease: Lease.make().id, disposition: .keep, artifacts: [bought]))
            clock.advance(by: day)

            let pruned = try await store.pruneExpiredArtifacts(now: clock.now(), limit: 10)
            let before = try await store.pruneOldestArtifacts(after: 0, limit: 10)

            #expect(pruned.count == 0)
            #expect(before.count == 0)
            #expect(try await store.artifact(bought.id, of: account.id) != nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `an upload goes in its time unless a job names it, and then with the last one`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, clock in
            var uploads: [Artifact] = []
            for number in 0..<2 {
                var upload = Artifact.make(account: account.id)
                upload.sha256 = String(repeating: "\(number)", count: 64)
                upload.expiresAt = .noon + day
                try await store.insert(upload)
                uploads.append(upload)
            }
            var jobs: [Job] = []
            for _ in 0..<2 {
                var job = Job.make(account: account.id)
                job.request.sourceImage = .artifact(uploads[0].id)
                try await store.acceptJob(job)
                let claimed = try requireOne(try await store.claim(limit: 1, lease: .make(), now: .noon)).job
                try await store.finish(claimed)
                jobs.append(job)
            }
            clock.advance(by: day * 2)

            let pruned = try await store.pruneExpiredArtifacts(now: clock.now(), limit: 10)
            #expect(pruned.contents == [uploads[1].sha256])
            let first = try await store.eraseJob(jobs[0].id, of: account.id, dropsDeliveries: false)
            #expect(first == .erased(contents: []))
            #expect(try await store.artifact(fileName: uploads[0].fileName) != nil)
            let last = try await store.eraseJob(jobs[1].id, of: account.id, dropsDeliveries: false)
            #expect(last == .erased(contents: [uploads[0].sha256]))
            #expect(try await store.artifact(uploads[0].id, of: account.id) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a job that names a file that is gone is not accepted`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var job = Job.make(account: account.id)
            let gone = ArtifactID.make("art_")
            job.request.referenceImages = [.artifact(gone)]

            let acceptance = try await store.accept(job, callback: nil, event: .make(of: job))

            guard case .missingArtifact(gone) = acceptance else {
                Issue.record("accepted: \(acceptance)")
                return
            }
            #expect(try await store.job(job.id, of: nil) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `a picture that another job uses outlives its own job, but not its link`(
        kind: StoreKind
    ) async throws {
        try await withStore(kind) { store, account, _ in
            let (parent, picture) = try await store.endedJob(of: account)
            var child = Job.make(account: account.id)
            var step = Step.make()
            step.artifacts = [picture.id]
            child.steps = [step]
            child.parent = parent.id
            try await store.acceptJob(child)

            let erased = try await store.eraseJob(parent.id, of: account.id, dropsDeliveries: false)

            #expect(erased == .erased(contents: []))
            #expect(try await store.artifact(fileName: picture.fileName) == nil)
            #expect(try await store.artifact(picture.id, of: account.id)?.sha256 == picture.sha256)
            let claimed = try requireOne(try await store.claim(limit: 1, lease: .make(), now: .noon)).job
            try await store.finish(claimed)
            let last = try await store.eraseJob(child.id, of: account.id, dropsDeliveries: false)
            #expect(last == .erased(contents: [picture.sha256]))
        }
    }

    @Test(arguments: StoreKind.all)
    func `ended deliveries go by age, their events stay`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id)
            try await store.insert(endpoint, secret: .make())
            try await store.endedJob(of: account)
            try await store.deliverAll()
            try await store.endedJob(of: account)

            let early = try await store.pruneDeliveries(madeBefore: .noon, after: 0, limit: 10)
            let late = try await store.pruneDeliveries(madeBefore: .noon + day, after: 0, limit: 10)

            #expect(early.count == 0)
            #expect(late.count == 1)
            let left = try await store.deliveries(DeliveryQuery(account: account.id)).items
            #expect(left.map(\.status) == [.pending])
            let query = AttemptQuery(account: account.id, endpoint: endpoint.id)
            #expect(try await store.attempts(query).items.isEmpty)
            #expect(try await store.events(EventQuery(account: account.id)).count == 4)
        }
    }

    @Test(arguments: StoreKind.all)
    func `events about no job go by age, unless they wait`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            let endpoint = Endpoint.make(account: account.id)
            try await store.insert(endpoint, secret: .make())
            try await store.emit(.make(account: account.id), to: endpoint.id)
            try await store.deliverAll()
            try await store.emit(.make(account: account.id), to: endpoint.id)
            try await store.emit(
                [.make(.providerDegraded, account: account.id, occurredAt: .noon + day)])
            try await store.acceptJob(.make(account: account.id))

            let pruned = try await store.pruneEvents(before: .noon + day, limit: 10)

            #expect(pruned.count == 1)
            let types = try await store.events(EventQuery(account: account.id)).map(\.event.type)
            #expect(types == [.webhookTest, .providerDegraded, .queued])
        }
    }

    @Test(arguments: StoreKind.all)
    func `the oldest pictures go first when room is needed, uploads stay`(kind: StoreKind) async throws {
        try await withStore(kind) { store, account, _ in
            var pictures: [Artifact] = []
            for number in 0..<3 {
                let content = String(repeating: "\(number)", count: 64)
                pictures.append(try await store.endedJob(of: account, content: content).picture)
            }
            var upload = Artifact.make(account: account.id)
            upload.sha256 = String(repeating: "f", count: 64)
            try await store.insert(upload)
            let before = try await store.storedBytes()

            let first = try await store.pruneOldestArtifacts(after: 0, limit: 2)
            let rest = try await store.pruneOldestArtifacts(after: try #require(first.next), limit: 2)

            #expect(before.artifacts == 4 * 1_024)
            #expect(before.database > 0)
            #expect(first.contents == pictures.prefix(2).map(\.sha256))
            #expect(rest.contents == [pictures[2].sha256])
            #expect(rest.next == nil)
            #expect(try await store.storedBytes().artifacts == 1_024)
        }
    }
}
