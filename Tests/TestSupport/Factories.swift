package import Signing
package import ThumbwireKit

// Things with defaults for everything: a test names only what matters to it.

extension Identifier {
    /// A new id at noon.
    package static func make(_ prefix: String) -> Identifier {
        Identifier(prefix: prefix, at: .noon)
    }
}

extension Sealed {
    /// Bytes that look sealed; stores never open them.
    package static func make(_ text: String = "sealed") -> Sealed {
        Sealed(bytes: Array(text.utf8))
    }
}

extension Account {
    package static func make(
        id: AccountID = .make("acct_"), name: String = "Test account", createdAt: Timestamp = .noon,
        isMetered: Bool = false, weight: Int = 1, maximumRunningJobs: Int? = nil
    ) -> Account {
        Account(
            id: id, name: name, createdAt: createdAt, isMetered: isMetered, weight: weight,
            maximumRunningJobs: maximumRunningJobs)
    }
}

extension APIKey {
    package static func make(
        id: KeyID = .make("key_"), account: AccountID, name: String = "Test key", scopes: Set<Scope> = [.app],
        createdAt: Timestamp = .noon, expiresAt: Timestamp? = nil, creditCap: Int? = nil,
        requestsPerMinute: Int? = nil
    ) -> APIKey {
        var key = APIKey(
            id: id, account: account, name: name, scopes: scopes, createdAt: createdAt, expiresAt: expiresAt)
        key.creditCap = creditCap
        key.requestsPerMinute = requestsPerMinute
        return key
    }
}

extension PinnedChain {
    /// One provider and one post-processor.
    package static func make(name: String = "default") -> PinnedChain {
        PinnedChain(
            name: name,
            providers: [
                Use(id: "studio", plugin: "studio", major: 1, configuration: [:], timeout: .seconds(30))
            ],
            steps: [
                Use(
                    id: "encode", plugin: "encode", major: 1, configuration: ["format": "jpeg"],
                    timeout: .seconds(10))
            ])
    }
}

extension Job {
    /// A queued job; `callbackEvents` gives it a callback that asks for those.
    package static func make(
        id: JobID = .make("job_"), account: AccountID, face: Face = .native, title: String = "A title",
        pin: PinnedChain = .make(), session: String = "session", priority: Int = 0,
        callbackEvents: [EventType]? = nil, createdAt: Timestamp = .noon,
        deadline: Timestamp = .noon + .seconds(600), credits: Int = 0, key: KeyID? = nil
    ) -> Job {
        var job = Job(
            id: id, account: account, face: face, request: ThumbnailRequest(title: title), pin: pin,
            session: session, createdAt: createdAt, deadline: deadline)
        job.priority = priority
        job.credits = credits
        job.key = key
        job.callback = callbackEvents.map { CallbackSummary(host: "example.com", events: $0) }
        return job
    }

    /// The same job in another state; terminal states have a time of finish.
    package func becoming(_ state: JobState, at moment: Timestamp = .noon) -> Job {
        var job = self
        job.state = state
        if state.isTerminal { job.finishedAt = moment }
        return job
    }
}

extension Step {
    package static func make(
        id: String = "studio", index: Int = 0, attempt: Int = 1, status: Status = .succeeded
    ) -> Step {
        var step = Step(
            id: id, index: index, attempt: attempt, plugin: id, version: "1.0.0", configurationHash: "00",
            startedAt: .noon)
        step.status = status
        return step
    }
}

extension Event {
    package static func make(
        id: EventID = .make("evt_"), _ type: EventType = .queued, of job: Job, sequence: Int = 1,
        occurredAt: Timestamp = .noon
    ) -> Event {
        Event(
            id: id, account: job.account, type: type, job: job.id, sequence: sequence, occurredAt: occurredAt,
            body: Array("{\"type\":\"\(type.rawValue)\"}".utf8))
    }

    /// An event about no job.
    package static func make(
        id: EventID = .make("evt_"), _ type: EventType = .webhookTest, account: AccountID,
        occurredAt: Timestamp = .noon
    ) -> Event {
        Event(
            id: id, account: account, type: type, job: nil, sequence: 1, occurredAt: occurredAt,
            body: Array("{}".utf8))
    }
}

extension Endpoint {
    package static func make(
        id: EndpointID = .make("ep_"), account: AccountID, url: String = "https://example.com/hook",
        events: Set<EventType> = Set(EventType.terminal), status: Status = .enabled
    ) -> Endpoint {
        var endpoint = Endpoint(id: id, account: account, url: url, events: events, createdAt: .noon)
        endpoint.status = status
        return endpoint
    }
}

extension Artifact {
    package static func make(
        id: ArtifactID = .make("art_"), account: AccountID, job: JobID? = nil, fileName: String? = nil
    ) -> Artifact {
        Artifact(
            id: id, account: account, job: job, fileName: fileName ?? "\(id).jpg",
            sha256: String(repeating: "ab", count: 32), mediaType: "image/jpeg", bytes: 1_024,
            createdAt: .noon)
    }
}

extension Attempt {
    package static func make(
        delivery: DeliveryID, number: Int = 1, startedAt: Timestamp = .noon,
        duration: Duration = .milliseconds(12), outcome: Outcome = .answered(status: 200, bodyHead: "ok")
    ) -> Attempt {
        Attempt(
            delivery: delivery, number: number, startedAt: startedAt, duration: duration, outcome: outcome)
    }
}
