import Testing

/// Everything about the server; one after the other, since some tests count the process's threads and files.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ServerTests {}
