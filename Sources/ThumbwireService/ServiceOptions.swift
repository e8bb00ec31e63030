public import ThumbwireKit

/// Everything an operator can set; `thumbwire serve --help` describes each.
public struct ServiceOptions: Sendable {
    /// `ADDRESS:PORT`; port 0 takes a free one.
    public var listen = "127.0.0.1:8080"
    /// The folder that holds the database, the pictures and the keys; made when it is missing.
    public var data = "./data"
    /// The chains; `nil` is `./plugins.json` if there is one, else the built-in `studio` chain.
    public var plugins: String?
    /// A file of webhook endpoints that are to be there; `nil` declares none.
    public var webhooks: String?
    /// What links in documents begin with; `nil` is the address that the service listens on.
    public var publicURL: String?
    /// Hosts, addresses and CIDR ranges that webhooks may reach although they are private.
    public var allowPrivateWebhooks: [String] = []
    /// Hosts, addresses and CIDR ranges that source images may come from although they are private.
    public var allowPrivateSources: [String] = []
    /// Where titles and pictures of YouTube's videos come from; another one is for tests.
    public var youTube = YouTubeSite()
    /// Where the sealing key for secrets at rest is; `nil` is `secret.key` in the data folder.
    public var secretKeyFile: String?
    /// The first admin key's value; `nil` makes one and writes it to `admin.key` in the data folder.
    public var adminKey: String?
    /// How long stopping waits for billed provider calls that are under way.
    public var drainTimeout = Duration.seconds(330)
    /// True makes the nearest size where the OpenAI face is asked for one that the named model does not make; false
    /// refuses it, as OpenAI does.
    public var snapsOpenAISizes = false
    /// Who may read `/metrics`.
    public var metrics = MetricsAccess.key
    /// Threads that render pictures; `nil` is one for each core.
    public var renderThreads: Int?
    /// How long ended jobs are kept, with all that belongs to them; `nil` is for good, here and below.
    public var retainJobs: Duration? = .seconds(90 * 86_400)
    /// How long pictures of jobs are kept, and no longer than their job.
    public var retainArtifacts: Duration? = .seconds(90 * 86_400)
    /// How long deliveries that have ended are kept.
    public var retainDeliveries: Duration? = .seconds(30 * 86_400)
    /// How long uploads are kept that no job names.
    public var retainUploads: Duration? = .seconds(86_400)
    /// What database and files may take together, in bytes; `nil` is no limit.
    public var maximumDataBytes: Int64?
    /// What has to stay free of the data folder's disk.
    public var minimumFree = FreeSpace(percent: 5, bytes: 4 << 30)

    /// What has to stay free of a disk: the lesser of the two where both are given, nothing where none is.
    public struct FreeSpace: Hashable, Sendable {
        /// 0–99 of the whole disk.
        public var percent: Int?
        /// Bytes.
        public var bytes: Int64?

        /// A part of the disk, a size, or the lesser of both.
        public init(percent: Int?, bytes: Int64?) {
            self.percent = percent
            self.bytes = bytes
        }
    }

    /// The defaults.
    public init() {}
}

/// A service that cannot start, and what to do about it.
public struct ServiceError: Error, CustomStringConvertible, Sendable {
    /// One sentence, or one line for each problem.
    public var description: String

    /// An error with its text.
    public init(_ description: String) {
        self.description = description
    }
}
