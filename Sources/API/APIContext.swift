package import Documents
package import Engine
package import HTTP
package import Persistence
package import Signing
package import ThumbwireKit
package import Webhooks

/// What the routes need of the rest of the service.
package struct APIContext: Sendable {
    package struct Limits: Sendable {
        /// The longest that a request waits for its job.
        package var wait = 55
        /// The longest that a stream is silent.
        package var heartbeat = Duration.seconds(15)
        /// How long a key that was looked up is believed; a revocation ends it at once.
        package var keyLife = Duration.seconds(5)
        /// The longest JSON body.
        package var bodyBytes = 256 << 10
        /// The longest JSON body that asks OpenAI's way for a picture: its prompt alone may be 32 000 characters.
        package var imageRequestBytes = 1 << 20
        /// The longest body with pictures to edit.
        package var editBytes = 100 << 20
        /// The longest that a request on the OpenAI face waits for its pictures: the default of OpenAI's own SDKs.
        package var imageWait = Duration.seconds(600)
        /// The longest picture that clients upload.
        package var uploadBytes = 20 << 20
        /// The longest list.
        package var page = 100

        package init() {}
    }

    /// When `/readyz` says no.
    package struct ReadinessLimits: Sendable {
        /// How long one commit may take.
        package var stall = Duration.seconds(5)
        /// How long an answer is waited for.
        package var patience = Duration.seconds(1)

        package init() {}
    }

    package var store: any Store
    package var engine: any JobService
    package var artifacts: any ArtifactStorage
    /// Decodes what clients upload.
    package var renderPool: RenderPool
    package var sealer: Sealer
    /// What `v1a` signatures are made with.
    package var serviceKeys: ServiceKeys
    package var encoder: EventEncoder
    /// Looks up the hosts of webhook URLs when they are given.
    package var client: HTTPClient
    /// Which addresses webhooks may reach.
    package var policy: AddressPolicy
    package var clock: any WallClock
    /// What links begin with, without trailing slash.
    package var publicURL: String
    package var limits: Limits
    /// What becomes of a size that a model named on the OpenAI face does not make.
    package var openAISizes = OpenAISizes.refuse
    package var readiness = ReadinessLimits()
    package var metrics = Metrics()
    package var metricsAccess = MetricsAccess.key
    package var log: Log
    package var retention = RetentionPolicy()
    /// Shared by all copies of this context.
    let dailyCaps = DailyCaps()
    /// Shared as well.
    let jobLimits = JobLimits()
    let equalRequests = EqualRequests()
    /// One request after the other of those with the same idempotency key.
    let idempotencyTurns = Turns()
    /// For all who wait for a moment.
    let alarms: Alarms

    package init(
        store: any Store, engine: any JobService, artifacts: any ArtifactStorage, renderPool: RenderPool,
        sealer: Sealer, serviceKeys: ServiceKeys, encoder: EventEncoder, client: HTTPClient,
        policy: AddressPolicy, clock: any WallClock,
        publicURL: String, limits: Limits = Limits(), log: Log
    ) {
        self.store = store
        self.engine = engine
        self.artifacts = artifacts
        self.renderPool = renderPool
        self.sealer = sealer
        self.serviceKeys = serviceKeys
        self.encoder = encoder
        self.client = client
        self.policy = policy
        self.clock = clock
        alarms = Alarms(clock: clock)
        self.publicURL = publicURL
        self.limits = limits
        self.log = log
    }

    var document: JobDocument { JobDocument(publicURL: publicURL) }
}
