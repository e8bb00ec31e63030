import Foundation
import Persistence
import ThumbwireKit

/// Measures the engine on its store without pictures and without HTTP: `make bench` drives it.
///
/// Usage: `engine-bench FOLDER`, with commands on standard input, one a line, answered by one line of JSON each:
/// `history COUNT`, `block COUNT`, `drain COUNT CHAIN`, `pace RATE SECONDS`, `neighbours RATE OTHER-RATE SECONDS`.
@main struct EngineBench {
    static func main() async {
        do {
            try await serve()
        } catch {
            FileHandle.standardError.write(Data("engine-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func serve() async throws {
        guard CommandLine.arguments.count == 2 else { throw BenchError("usage: engine-bench FOLDER") }
        let workshop = try await Workshop(folder: CommandLine.arguments[1])
        while let line = readLine() {
            let answer = try await answer(line.split(separator: " ").map(String.init), workshop)
            FileHandle.standardOutput.write(Data(answer.serialized() + [0x0A]))
        }
        await workshop.store.close()
    }

    private static func answer(_ words: [String], _ workshop: Workshop) async throws -> JSONValue {
        switch words.first {
        case "history":
            try await workshop.fillHistory(try count(words, 1))
            return [:]
        case "block":
            try await workshop.block(try count(words, 1))
            return [:]
        case "drain":
            guard words.count == 3 else { throw BenchError("usage: drain COUNT CHAIN") }
            return try await workshop.drain(try count(words, 1), chain: words[2])
        case "pace":
            return try await workshop.pace(rate: try number(words, 1), seconds: try number(words, 2))
        case "neighbours":
            return try await workshop.neighbours(
                rate: try number(words, 1), beside: try number(words, 2), seconds: try number(words, 3))
        default: throw BenchError("unknown command: \(words.joined(separator: " "))")
        }
    }

    private static func number(_ words: [String], _ place: Int) throws -> Double {
        guard words.indices.contains(place), let number = Double(words[place]), number > 0 else {
            throw BenchError("no number at place \(place) of: \(words.joined(separator: " "))")
        }
        return number
    }

    private static func count(_ words: [String], _ place: Int) throws -> Int {
        Int(try number(words, place))
    }
}
