/// The owner of keys, jobs and endpoints.
public struct Account: Hashable, Sendable {
    /// The account's id.
    public var id: AccountID
    /// What people call it.
    public var name: String
    /// When it was made.
    public var createdAt: Timestamp
    /// True where jobs cost credits; an account that is not metered is never refused for its balance.
    public var isMetered: Bool
    /// The most jobs that it may ask for in a minute; `nil` is no limit.
    public var jobsPerMinute: Int?
    /// How many of its jobs are taken in each round over the accounts whose jobs wait, 1–100.
    public var weight: Int
    /// How many of its jobs may be in the hands of workers at a time; `nil` is as many as there are.
    public var maximumRunningJobs: Int?

    /// An account.
    public init(
        id: AccountID, name: String, createdAt: Timestamp, isMetered: Bool = false, weight: Int = 1,
        maximumRunningJobs: Int? = nil
    ) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.isMetered = isMetered
        self.weight = weight
        self.maximumRunningJobs = maximumRunningJobs
    }
}

/// A key of an account; its value is known only when it is made.
public struct APIKey: Hashable, Sendable {
    /// What a key may do.
    public enum Scope: String, Hashable, Sendable, CaseIterable {
        /// Jobs, webhooks and files of its account.
        case app
        /// Everything, all accounts included.
        case admin
    }

    /// The key's id.
    public var id: KeyID
    /// Whose key it is.
    public var account: AccountID
    /// What people call it.
    public var name: String
    /// What it may do.
    public var scopes: Set<Scope>
    /// When it was made.
    public var createdAt: Timestamp
    /// From when on it is refused; `nil` is never.
    public var expiresAt: Timestamp?
    /// Since when it is refused because somebody took it back.
    public var revokedAt: Timestamp?
    /// The most credits that jobs of this key may cost together, held ones included; `nil` is the account's balance.
    public var creditCap: Int?
    /// The most requests in a minute; `nil` is no limit.
    public var requestsPerMinute: Int?
    /// When a request last came with it, to within a minute.
    public var lastUsedAt: Timestamp?

    /// A key without its value.
    public init(
        id: KeyID, account: AccountID, name: String, scopes: Set<Scope>, createdAt: Timestamp,
        expiresAt: Timestamp? = nil, revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.account = account
        self.name = name
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }

    /// Neither expired nor revoked at that moment.
    public func isValid(at moment: Timestamp) -> Bool {
        revokedAt == nil && (expiresAt.map { moment < $0 } ?? true)
    }
}
