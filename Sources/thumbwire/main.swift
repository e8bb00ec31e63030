import Foundation

Signals.block()
let words = Array(CommandLine.arguments.dropFirst())
let environment = ProcessInfo.processInfo.environment
// Not `exit`: its handlers take libraries apart that other threads may still be using. No output of ours is buffered.
Task.detached { _exit(await Tool.run(words, environment: environment)) }
Signals.wait()
