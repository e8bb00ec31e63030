import Testing

/// The built binary as a user meets it. One test at a time: each starts processes of its own, which on a small
/// machine would only slow each other.
@Suite(.serialized, .timeLimit(.minutes(10)))
enum EndToEnd {}
