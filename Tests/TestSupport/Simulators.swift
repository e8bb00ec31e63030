internal import Foundation
internal import Glibc
internal import HTTP
internal import Synchronization
package import ThumbwireKit

/// The simulated Soke, Opus, OpenAI and YouTube as a process of its own, and the orders that a test gives it.
///
/// It ends with `stop`, when the test lets go of it, and, as it reads its standard input, with the test process.
/// `Tests/simulators/README.md` describes settings, faults and what each of them buys.
package final class Simulators: Sendable {
    package struct StartFailure: Error {
        package let reason: String
    }

    /// An order was refused, or what was waited for did not come.
    package struct Refusal: Error, CustomStringConvertible {
        package let order: String
        package let status: Int
        package let answer: String

        package var description: String { "\(order): \(status) \(answer)" }
    }

    /// `http://127.0.0.1:PORT`.
    package let url: String
    package let processIdentifier: Int32
    private let client: HTTPClient
    /// The writing end of its standard input; `nil` once it was told to end.
    private let lifeline: Mutex<Int32?>

    private init(url: String, processIdentifier: Int32, client: HTTPClient, lifeline: Int32) {
        self.url = url
        self.processIdentifier = processIdentifier
        self.client = client
        self.lifeline = Mutex(lifeline)
    }

    deinit { stop() }

    /// Starts the process and waits until it listens.
    package static func start() async throws -> Simulators {
        let client = try HTTPClient()
        let process = try SimulatorProcess()
        guard let line = await process.firstLine(), let url = try JSONValue(parsing: line)["url"]?.string
        else {
            process.end()
            throw StartFailure(reason: "the simulators ended before they listened")
        }
        return Simulators(
            url: url, processIdentifier: process.identifier, client: client, lifeline: process.lifeline)
    }

    /// Ends the process and waits until it is gone; what it would still answer is lost.
    package func stop() {
        lifeline.withLock { lifeline in
            guard let descriptor = lifeline else { return }
            lifeline = nil
            SimulatorProcess.end(processIdentifier, descriptor)
        }
    }

    /// What a provider is configured with in place of the real service's base URL.
    package var sokeURL: String { url + "/soke/api/v1" }
    /// Its paths are under `/api`, as those of `https://api.opus.pro`.
    package var opusURL: String { url + "/opus" }
    package var openAIURL: String { url + "/openai/v1" }
    /// Has `/oembed`, `/vi/ID/NAME.jpg`, `/watch`, `/page` and `/picture.jpg`.
    package var youTubeURL: String { url + "/youtube" }

    // MARK: Orders

    /// Forgets faults, gates, settings, jobs and counts; calls that are held lose their connection.
    package func reset() async throws {
        try await order("reset", [:])
    }

    package func configure(_ service: Service, _ settings: JSONObject) async throws {
        try await order("configure", [service.rawValue: .object(settings)])
    }

    /// Faults for the next calls, one each; `nil` lets one pass.
    package func script(_ operation: Operation, _ faults: [Fault?]) async throws {
        var body = operation.document
        body["faults"] = .array(faults.map { $0?.document ?? .null })
        try await order("script", body)
    }

    /// Faults by chance; the same seed repeats the same sequence.
    package func script(_ operation: Operation, rate: Double, seed: Int, _ kinds: [Fault]) async throws {
        var body = operation.document
        body["rate"] = .number(rate)
        body["seed"] = .integer(Int64(seed))
        body["kinds"] = .array(kinds.map(\.document))
        try await order("script", body)
    }

    /// Holds coming calls, before the service acts or once it has: after it bought, before it answers.
    package func hold(_ operation: Operation, _ phase: Phase = .before) async throws {
        var body = operation.document
        body["hold"] = true
        body["phase"] = .string(phase.rawValue)
        try await order("gate", body)
    }

    /// Lets that many calls through; with `nil` all of them, and the gate is gone.
    package func release(_ operation: Operation, calls: Int? = nil) async throws {
        var body = operation.document
        body["calls"] = calls.map { .integer(Int64($0)) } ?? .null
        try await order("release", body)
    }

    /// Moves the time of the services on: generations, windows of rate limits, and links that expire.
    package func advance(seconds: Int) async throws {
        try await order("advance", ["seconds": .integer(Int64(seconds))])
    }

    /// Waits until that many calls arrived since the last reset.
    package func waitForCalls(_ operation: Operation, _ count: Int) async throws {
        try await wait(operation, "calls=\(count)")
    }

    /// Waits until that many calls bought something since the last reset.
    package func waitForCreates(_ operation: Operation, _ count: Int) async throws {
        try await wait(operation, "creates=\(count)")
    }

    package func counts(_ operation: Operation) async throws -> Counts {
        let service = try await stats()["services"]?[operation.service.rawValue]
        return Counts(service?["operations"]?[operation.name] ?? .null)
    }

    /// All counts, jobs with the times of their polls, and the last requests, as the README describes them.
    package func stats() async throws -> JSONValue {
        try await send(.get, "stats")
    }

    // MARK: Wire

    private func wait(_ operation: Operation, _ condition: String) async throws {
        let query = "service=\(operation.service.rawValue)&operation=\(operation.name)&\(condition)"
        _ = try await send(.get, "wait?\(query)&timeout=90")
    }

    private func order(_ name: String, _ body: JSONObject) async throws {
        _ = try await send(.post, name, JSONValue.object(body).serialized())
    }

    private func send(_ method: HTTP.Method, _ order: String, _ body: [UInt8] = []) async throws -> JSONValue
    {
        let request = OutboundRequest(
            method: method, url: "\(url)/__control/\(order)", body: body, deadline: .seconds(120),
            maximumResponseBytes: 256 << 20)
        let answer = try await client.send(request, policy: .unrestricted)
        guard answer.status == 200 else {
            throw Refusal(
                order: order, status: answer.status, answer: String(decoding: answer.body, as: UTF8.self))
        }
        return try JSONValue(parsing: answer.body)
    }
}
