internal import Persistence
internal import ThumbwireKit

extension Transaction {
    func eraseJob(
        _ id: JobID, of account: AccountID, dropsDeliveries: Bool
    ) throws(StoreError) -> JobErasure {
        guard
            let number = try connection.first(RetentionSQL.numberOfJob, id, account, read: { $0.integer(0) })
        else { return .notFound }
        return try eraseJob(number, dropsDeliveries: dropsDeliveries)
    }

    /// Jobs of these numbers that may go; the SHA-256 of their files.
    func eraseJobs(_ numbers: [Int64]) throws(StoreError) -> (count: Int, contents: [String]) {
        var count = 0
        var contents: [String] = []
        for number in numbers {
            guard case .erased(let freed) = try eraseJob(number, dropsDeliveries: false) else { continue }
            count += 1
            contents += freed
        }
        return (count, contents)
    }

    private func eraseJob(_ number: Int64, dropsDeliveries: Bool) throws(StoreError) -> JobErasure {
        let standing = try connection.first(RetentionSQL.jobStanding, number) {
            (isUnfinished: $0.bool(0), isDelivering: $0.bool(1), id: $0.identifier(2) as JobID)
        }
        guard let standing else { return .notFound }
        if standing.isUnfinished { return .unfinished }
        if standing.isDelivering, !dropsDeliveries { return .delivering }
        var waitedFor: [EndpointID] = []
        if standing.isDelivering {
            waitedFor = try connection.all(RetentionSQL.endpointsOfJob, number) { $0.identifier(0) }
            try connection.run(RetentionSQL.leasesOfJob, number)
        }
        try connection.run(RetentionSQL.attemptsOfJob, number)
        try connection.run(RetentionSQL.deliveriesOfJob, number)
        // What comes next for an endpoint may have waited for what is gone.
        for endpoint in waitedFor { try renewTurn(of: endpoint) }
        if !waitedFor.isEmpty { note(.deliveryDue) }
        try connection.run(RetentionSQL.eventsOfJob, number)
        try connection.run(RetentionSQL.callback, number)
        try connection.run(RetentionSQL.compositions, number)
        try connection.run(RetentionSQL.fingerprint, number)
        let contents = try endUses(of: number) + deleteArtifacts(of: standing.id)
        try connection.run(RetentionSQL.job, number)
        note(.job(standing.id))
        return .erased(contents: contents)
    }

    private func deleteArtifacts(of job: JobID) throws(StoreError) -> [String] {
        try connection.run(RetentionSQL.orphanUsedArtifacts, job)
        return try connection.all(RetentionSQL.artifactsOfJob, job) { $0.text(0) }
    }

    func deleteEvents(before moment: Timestamp, limit: Int) throws(StoreError) -> Int {
        let positions = try connection.all(RetentionSQL.oldestEvents, moment, limit) { $0.integer(0) }
        for position in positions {
            try connection.run(RetentionSQL.attemptsOfEvent, position)
            try connection.run(RetentionSQL.deliveriesOfEvent, position)
            try connection.run(RetentionSQL.event, position)
        }
        return positions.count
    }

    /// Deliveries of these numbers that have ended; how many.
    func deleteDeliveries(_ numbers: [Int64]) throws(StoreError) -> Int {
        var count = 0
        for number in numbers {
            // Sent again since the list was read.
            if try connection.first(RetentionSQL.isPending, number, read: { _ in true }) == true { continue }
            try connection.run(RetentionSQL.attemptsOfDelivery, number)
            try connection.run(RetentionSQL.endedDelivery, number)
            count += connection.changedRows
        }
        return count
    }

    // MARK: Uses

    /// Has the files stay that the job brings along, as long as it; the first that is gone.
    func useArtifacts(_ artifacts: [ArtifactID], by job: Job, number: Int64) throws(StoreError) {
        for id in artifacts {
            guard let artifact = try numberOfArtifact(id, of: job.account) else {
                throw .missing("artifact \(id)")
            }
            try connection.run(RetentionSQL.insertUse, number, artifact)
            try connection.run(RetentionSQL.keepUpload, artifact, Timestamp.distantFuture)
        }
    }

    func missingArtifact(of artifacts: [ArtifactID], account: AccountID) throws(StoreError) -> ArtifactID? {
        for id in artifacts where try numberOfArtifact(id, of: account) == nil { return id }
        return nil
    }

    private func numberOfArtifact(_ id: ArtifactID, of account: AccountID) throws(StoreError) -> Int64? {
        try connection.first(RetentionSQL.artifact, id, account) { $0.integer(0) }
    }

    /// The SHA-256 of files that were there for this job only.
    private func endUses(of number: Int64) throws(StoreError) -> [String] {
        let used = try connection.all(RetentionSQL.deleteUses, number) { $0.integer(0) }
        var contents: [String] = []
        for artifact in used {
            contents += try connection.all(RetentionSQL.deleteIfUnused, artifact) { $0.text(0) }
        }
        return contents
    }
}

extension Job {
    /// Files that it needs and did not make.
    var artifactsOfOthers: [ArtifactID] {
        let inputs = [request.sourceImage, request.maskImage].compactMap(\.self) + request.referenceImages
        let uploads = inputs.compactMap { image -> ArtifactID? in
            if case .artifact(let id) = image { id } else { nil }
        }
        return uploads + steps.flatMap(\.artifacts)
    }
}
