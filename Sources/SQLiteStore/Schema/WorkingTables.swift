internal import Persistence

extension Schema {
    /// What only the process at work needs to know, in memory and of the writing connection alone. It is part of each
    /// transaction, rolled back with it, and gone with the process; writing it costs no write to the disk.
    ///
    /// - `delivery_leases`: who is being attempted, and until when nobody else may be.
    /// - `endpoint_turns`: before when nothing of an endpoint can be claimed; without a row nothing can until something is
    ///   written about it. So a claim looks at those only whose turn it is.
    /// - `callback_turn`: the same of all callbacks together, so that a claim passes no leased ones by.
    static let working = """
        CREATE TEMP TABLE delivery_leases (
            delivery INTEGER PRIMARY KEY,
            endpoint TEXT,
            due_at INTEGER NOT NULL,
            until_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX temp.delivery_leases_of_endpoint ON delivery_leases (endpoint) WHERE endpoint IS NOT NULL;
        CREATE INDEX temp.delivery_leases_by_end ON delivery_leases (until_at);
        CREATE TEMP TABLE endpoint_turns (
            endpoint TEXT PRIMARY KEY,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX temp.endpoint_turns_by_time ON endpoint_turns (at);
        CREATE TEMP TABLE callback_turn (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            at INTEGER NOT NULL
        ) STRICT;
        INSERT INTO callback_turn VALUES (1, 0)
        """

    /// Makes the tables of ``working``, empty.
    static func makeWorkingTables(_ connection: Connection) throws(StoreError) {
        try connection.execute(working)
    }
}
