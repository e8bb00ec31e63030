import HTTP
import Synchronization
import Testing
import ThumbwireKit

@testable import BuiltinPlugins

@Suite struct OpenAIModelWatchTests {
    /// Answers with the days one after the other; the last one from then on.
    private final class Days: Sendable {
        private let asked = Mutex(0)
        private let days: [JSONValue]

        init(_ days: JSONValue...) { self.days = days }

        var count: Int { asked.withLock { $0 } }

        func answer(_ request: Request) -> Response {
            let index = asked.withLock { count in
                defer { count += 1 }
                return count
            }
            return .json([
                "id": request.parameters["model"].json, "shutdown_date": days[min(index, days.count - 1)],
            ])
        }
    }

    private func look(
        _ watch: OpenAIModelWatch, _ test: OpenAITest, at moment: Timestamp = StoppedClock().moment
    ) async throws -> Warning? {
        let account = OpenAIAccount(try .make(["baseUrl": .string("\(test.service.url)/v1")]))
        await watch.look(at: "gpt-image-2", account, test.context(clock: StoppedClock(moment: moment)))
        return watch.warning(of: "gpt-image-2", now: moment)
    }

    @Test func `a model's end is asked for once a day and warned about when it is near`() async throws {
        let days = Days("2027-06-01", "2026-12-15")
        try await OpenAITest.run(.always(Response(status: 500)).models { days.answer($0) }) {
            test in
            let watch = OpenAIModelWatch()
            let far = [try await look(watch, test), try await look(watch, test)]
            let asked = days.count
            let tomorrow = StoppedClock().moment + .seconds(86_400)
            let near = try await look(watch, test, at: tomorrow)

            #expect(far == [nil, nil] && asked == 1)
            #expect(near?.code == "model_retiring" && near?.message.contains("2026-12-15") == true)
            #expect(days.count == 2)
        }
    }

    @Test(arguments: [.null, "soon", "2026-12-1", "2026/12/15", 20_261_215] as [JSONValue])
    func `what is no day says nothing`(day: JSONValue) async throws {
        let days = Days(day)
        try await OpenAITest.run(.always(Response(status: 500)).models { days.answer($0) }) {
            test in
            let warning = try await look(OpenAIModelWatch(), test)

            #expect(warning == nil)
        }
    }

    @Test func `the warning reaches jobs, and a create neither waits for it nor fails of it`() async throws {
        let picture = try GenerationResult.Picture.make()
        let days = Days("2026-12-15")
        try await OpenAITest.run(.always(.images([picture])).models { days.answer($0) }) {
            test in
            let provider = try test.provider()
            var warnings: [Warning] = []
            // A look that the create outruns is given up, and the next create looks again.
            for _ in 0..<1_000 where warnings.isEmpty {
                let context = test.context(clock: StoppedClock())
                _ = try await provider.create(.asking(), context: context)
                warnings = context.told.warnings
            }

            #expect(warnings.map(\.code) == ["model_retiring"])
        }
        try await OpenAITest.run(.always(.images([picture])).hangingModels) {
            test in
            _ = try await test.buy().pictures()
        }
    }
}
