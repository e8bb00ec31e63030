import TestSupport
import Testing
import ThumbwireKit

@testable import SQLiteStore

/// Claims must cost the same after a million finished jobs: their statements may only look into the indices of what
/// is live.
@Suite struct QueryPlanTests {
    static let hotStatements: [(StaticString, String)] = [
        (QueueSQL.ready, "live_jobs_ready"),
        (QueueSQL.firstReady, "live_jobs_ready"),
        (QueueSQL.nextAccount, "live_jobs_ready"),
        (QueueSQL.running, "live_jobs_leased"),
        (QueueSQL.wakeResting, "live_jobs_resting"),
        (QueueSQL.firstResting, "live_jobs_resting"),
        (QueueSQL.eventCount, "events_of_job"),
        (JobSQL.releaseExpired, "live_jobs_leased"),
        (JobSQL.voidLeases, "live_jobs_leased"),
        (LostLeaseSQL.countExpired, "live_jobs_leased"),
        (LostLeaseSQL.countAll, "live_jobs_leased"),
        (LostLeaseSQL.first, "lost_leases_by_stage"),
        (ChainPauseSQL.waiting, "paused_jobs_of_chain"),
        (JobSQL.ofAccount, "jobs_of_account"),
        (JobSQL.ofSession, "jobs_of_session"),
        (DeliverySQL.dueOfEndpoint, "deliveries_due_endpoints"),
        (DeliverySQL.nextWaiting, "deliveries_due_endpoints"),
        (DeliverySQL.dueCallbacks, "deliveries_due_callbacks"),
        (DeliverySQL.firstCallback, "deliveries_due_callbacks"),
        (DeliveryLeaseSQL.endExpired, "delivery_leases_by_end"),
        (DeliveryLeaseSQL.endOfEndpoint, "delivery_leases_of_endpoint"),
        (DeliverySQL.ofEndpoint, "deliveries_of_endpoint"),
        (DeliverySQL.ofCallback, "deliveries_of_callback"),
        (EventSQL.ofAccount, "events_of_account"),
        (EventSQL.ofJob, "events_of_job"),
        (EventSQL.newestOfAccount, "events_of_account"),
        (EventSQL.newestOfJob, "events_of_job"),
        (EndpointSQL.subscribers, "endpoints_of_account"),
        (EndpointSQL.ofAccount, "endpoints_of_account"),
        (EndpointSQL.equal, "endpoints_of_account"),
        (EndpointSQL.expired, "endpoints_by_expiry"),
        (DeliveryLeaseSQL.countOfEndpoint, "delivery_leases_of_endpoint"),
        (DeliverySQL.firstOfEndpoint, "deliveries_due_endpoints"),
        (TurnSQL.due, "endpoint_turns_by_time"),
        (DeliverySQL.oldestOfEndpoint, "deliveries_of_endpoint"),
        (DeliverySQL.exhaustWaiting, "deliveries_due_endpoints"),
        (DeliverySQL.exhaustLeased, "delivery_leases_of_endpoint"),
        (DeliverySQL.failedOfEndpoint, "deliveries_of_endpoint"),
        (DeliverySQL.eventsForEndpoint, "events_of_account"),
        (DeliverySQL.eventsForEndpoint, "deliveries_of_endpoint"),
        (DeliverySQL.attemptsOfEndpoint, "attempts_of_endpoint"),
        (DeliverySQL.ofAccount, "deliveries_of_account"),
        (LedgerSQL.ofAccount, "ledger_of_account"),
        (LedgerSQL.held, "holds_of_account"),
        (FingerprintSQL.candidates, "fingerprints_of_hash"),
        (FingerprintSQL.prune, "fingerprints_by_age"),
        (TicketSQL.due, "open_tickets_due"),
        (TicketSQL.firstDue, "open_tickets_due"),
        (TicketSQL.firstExpiry, "open_tickets_leased"),
        (TicketSQL.releaseExpired, "open_tickets_leased"),
        (TicketSQL.voidLeases, "open_tickets_leased"),
        (TicketSQL.ofProvider, "open_tickets_of_provider"),
        (TicketSQL.ofLiveJobs, "live_jobs_with_tickets"),
        (RetentionSQL.expiredArtifacts, "artifacts_by_expiry"),
        (RetentionSQL.artifactsOfJob, "artifacts_of_job"),
        (RetentionSQL.orphanUsedArtifacts, "artifacts_of_job"),
        (RetentionSQL.content, "artifacts_of_content"),
        (RetentionSQL.eventsOfJob, "events_of_job"),
        (RetentionSQL.attemptsOfJob, "deliveries_of_event"),
        (RetentionSQL.deliveriesOfJob, "deliveries_of_event"),
        (RetentionSQL.jobStanding, "deliveries_of_event"),
        (RetentionSQL.oldestJobs, "deliveries_of_event"),
        (RetentionSQL.oldestEvents, "events_of_no_job"),
        (RetentionSQL.attemptsOfEvent, "deliveries_of_event"),
        (RetentionSQL.deliveriesOfEvent, "deliveries_of_event"),
    ]

    /// Looked up by what their table is kept by: an id or a job's number.
    static let lookups: [StaticString] = [
        LedgerSQL.standing, LedgerSQL.balance, LedgerSQL.spend, LedgerSQL.spent,
        LedgerSQL.hold, LedgerSQL.deleteHold, DeliverySQL.follow, DeliverySQL.resend, DeliverySQL.resendEnded,
        DeliverySQL.beginSchedule, DeliveryLeaseSQL.end, DeliverySQL.dueToEndpoint, DeliverySQL.dueToCallback,
        DeliverySQL.one,
        DeliverySQL.damaged, DeliverySQL.ofJob,
        EndpointSQL.one, EndpointSQL.review, EndpointSQL.lowerFirstPending, FingerprintSQL.answer,
        TicketSQL.reschedule, TicketSQL.delete,
        TicketSQL.lease, TurnSQL.one, TurnSQL.delete,
        RetentionSQL.numberOfJob, RetentionSQL.callback, RetentionSQL.compositions, RetentionSQL.fingerprint,
        RetentionSQL.job, RetentionSQL.artifact, RetentionSQL.keepUpload, RetentionSQL.deleteUses,
        RetentionSQL.deleteIfUnused, RetentionSQL.artifactOfEndedJob, RetentionSQL.oldestArtifacts,
        RetentionSQL.oldestDeliveries, RetentionSQL.oldestJobs, RetentionSQL.event,
        RetentionSQL.attemptsOfDelivery, RetentionSQL.endedDelivery, RetentionSQL.isPending,
        RetentionSQL.endpointsOfJob, LostLeaseSQL.forget,
        JobSQL.artifact, JobSQL.linkedArtifact,
        LostLeaseSQL.lease, LostLeaseSQL.beginTrial, LostLeaseSQL.endTrial, LostLeaseSQL.setAside,
        ChainPauseSQL.isInForce, ChainPauseSQL.isOver, ChainPauseSQL.rest, ChainPauseSQL.letGo,
        ChainPauseSQL.forget, ChainPauseSQL.end, ChainPauseSQL.delete,
        QueueSQL.share, QueueSQL.lease, QueueSQL.ready, QueueSQL.nextAccount, QueueSQL.wakeResting,
        QueueSQL.restUnreadable, QueueSQL.keepDamaged, DeliverySQL.exhaustDamaged, DeliverySQL.callbackStatus,
        TicketSQL.writeProgress, EndpointSQL.setFirstPending,
        JobSQL.one, JobSQL.byNumber, JobSQL.live, JobSQL.writeProgress, JobSQL.deleteLive, JobSQL.keepLease,
        JobSQL.rest, JobSQL.renew, JobSQL.requestCancel, JobSQL.callback, EventSQL.callbackTypes,
    ]

    /// What looks at what waits only, which is less than there ever was.
    static let ofWaiting: [StaticString] = [
        DeliverySQL.nextWaiting, DeliverySQL.firstOfEndpoint, DeliverySQL.dueOfEndpoint,
        DeliverySQL.exhaustWaiting,
        EndpointSQL.findFirstPending,
    ]

    @Test(arguments: ofWaiting.indices)
    func `what waits is found without a look at what was delivered`(index: Int) throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/plan.db", role: .writer(synchronous: .full))
        try Schema.migrate(connection, path: folder.path)
        try Schema.makeWorkingTables(connection)

        let plan = try connection.plan(of: "\(Self.ofWaiting[index])")

        #expect(plan.contains { $0.contains("INDEX deliveries_due_endpoints") }, "\(plan)")
        #expect(!plan.contains { $0.contains("deliveries_of_") }, "\(plan)")
    }

    @Test(arguments: lookups.indices)
    func `what every accept and finish looks up is found without a scan`(index: Int) throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/plan.db", role: .writer(synchronous: .full))
        try Schema.migrate(connection, path: folder.path)
        try Schema.makeWorkingTables(connection)

        let plan = try connection.plan(of: "\(Self.lookups[index])")

        #expect(!plan.isEmpty)
        #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
    }

    @Test func `what files take is summed up from an index alone`() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/plan.db", role: .writer(synchronous: .full))
        try Schema.migrate(connection, path: folder.path)

        let plan = try connection.plan(of: "\(RetentionSQL.contentBytes)")

        #expect(plan.contains { $0.contains("USING COVERING INDEX artifacts_of_content") }, "\(plan)")
    }

    @Test(arguments: hotStatements.indices)
    func `a hot statement uses its index and sorts nothing`(index: Int) throws {
        let (sql, name) = Self.hotStatements[index]
        let folder = try TemporaryFolder()
        let connection = try Connection(path: "\(folder.path)/plan.db", role: .writer(synchronous: .full))
        try Schema.migrate(connection, path: folder.path)
        try Schema.makeWorkingTables(connection)

        let plan = try connection.plan(of: "\(sql)")

        #expect(plan.contains { $0.contains("INDEX \(name)") }, "\(plan)")
        #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
        #expect(!plan.contains { $0.hasPrefix("SCAN") && !$0.contains("INDEX") }, "\(plan)")
    }
}
