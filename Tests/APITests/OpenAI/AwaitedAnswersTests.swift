import Testing
import ThumbwireKit

@testable import API

struct AwaitedAnswersTests {
    private let awaited = AwaitedAnswers()
    private let job = JobID(rawValue: "job_1")

    @Test func `a job is awaited until the last of its clients is gone`() {
        var first: AwaitedAnswers.Wait? = awaited.begin([1], job)
        let second = awaited.begin([1], job)

        first = nil
        let whileOneWaits = awaited.jobs([1])

        #expect(first == nil)
        #expect(whileOneWaits == [job])
        #expect(awaited.jobs([2]).isEmpty)
        withExtendedLifetime(second) {}
    }

    @Test func `nothing is left of those who are gone`() {
        _ = awaited.begin([1], job)

        #expect(awaited.jobs([1]).isEmpty)
    }

    @Test func `equal requests are submitted one after the other, others beside them`() async {
        let counts = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { [awaited] in
                    await awaited.alone([1]) {
                        let before = awaited.jobs([9]).count
                        let wait = awaited.begin([9], JobID(rawValue: "job_2"))
                        await Task.yield()
                        await awaited.alone([2]) {}
                        withExtendedLifetime(wait) {}
                        return before
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }

        #expect(counts == Array(repeating: 0, count: 20))
    }
}
