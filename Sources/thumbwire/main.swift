import Foundation

Signals.block()
let words = Array(CommandLine.arguments.dropFirst())
let environment = ProcessInfo.processInfo.environment
Task.detached { exit(await Tool.run(words, environment: environment)) }
Signals.wait()
