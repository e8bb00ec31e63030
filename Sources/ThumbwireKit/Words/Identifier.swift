/// The id of one kind of thing; ids of different things do not mix.
public struct Identifier<Owner>: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The id as the outside sees it, prefix included.
    public var rawValue: String

    /// An id from its text, unchecked.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// A new id: the prefix, then 48 bits of milliseconds and 80 random bits in Crockford's base 32, lower case
    /// (the layout of a ULID), so that ids sort by time.
    public init(prefix: String, at time: Timestamp) {
        let milliseconds = UInt64(max(0, time.microseconds / 1_000))
        var generator = SystemRandomNumberGenerator()
        let (first, second) = (generator.next(), generator.next())
        rawValue = String(unsafeUninitializedCapacity: prefix.utf8.count + 26) { buffer in
            var (_, end) = buffer.initialize(from: prefix.utf8)
            for (value, digits) in [(milliseconds, 10), (first, 8), (second, 8)] {
                for position in (0..<digits).reversed() {
                    buffer[end] = base32Alphabet[Int(value >> UInt64(position * 5) & 31)]
                    end += 1
                }
            }
            return end
        }
    }

    /// The id's text.
    public var description: String { rawValue }
}

private let base32Alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

/// The id of an account: `acct_…`.
public typealias AccountID = Identifier<Account>
/// The id of an API key: `key_…`.
public typealias KeyID = Identifier<APIKey>
/// The id of a job: `thumb_…`, `thumbnail-…` or `job_…` by the face that made it.
public typealias JobID = Identifier<Job>
/// The id of a stored file: `art_…`.
public typealias ArtifactID = Identifier<Artifact>
/// The id of an event, also its `webhook-id`: `evt_…`.
public typealias EventID = Identifier<Event>
/// The id of a webhook endpoint: `ep_…`.
public typealias EndpointID = Identifier<Endpoint>
/// The id of a delivery: `dlv_…`.
public typealias DeliveryID = Identifier<Delivery>
