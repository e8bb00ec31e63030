import Foundation
import Glibc

// A reader of our output that goes away must not end the process without its cleanup.
signal(SIGPIPE, SIG_IGN)
let words = Array(CommandLine.arguments.dropFirst())
exit(await Tool.run(words, environment: ProcessInfo.processInfo.environment))
