import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

@Suite("An engine's metrics", .timeLimit(.minutes(10)))
struct MetricsTests {
    /// The lines of a scrape.
    private func lines(_ harness: EngineHarness) -> Set<String> {
        let text = String(decoding: harness.metrics.text(harness.engine.readings()), as: UTF8.self)
        return Set(text.split(separator: "\n").map(String.init))
    }

    @Test func `a job is counted from acceptance to its end, with its steps and provider's calls`()
        async throws
    {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ in .pending(ticket: "t-1", pollAfter: .seconds(5)) }
            harness.script.onPoll { _ in Script.picture }

            let id = try await harness.submit().id
            _ = try await harness.job(id) { $0.state == .waiting }
            harness.clock.advance(by: .seconds(5))
            _ = try await harness.ended(id)
            // The end is counted behind the commit that the test has waited for.
            try await harness.wait {
                lines(harness).contains(#"thumbwire_jobs_finished_total{state="completed",class="none"} 1"#)
            }

            let found = lines(harness)
            for line in [
                #"thumbwire_jobs_accepted_total{face="native"} 1"#,
                #"thumbwire_jobs_accepted_total{face="soke"} 0"#,
                "thumbwire_job_start_delay_seconds_count 1",
                #"thumbwire_job_duration_seconds_sum{state="completed"} 5"#,
                #"thumbwire_step_duration_seconds_count{plugin="stamp",status="succeeded"} 1"#,
                #"thumbwire_provider_calls_total{provider="main",operation="create",class="none"} 1"#,
                #"thumbwire_provider_calls_total{provider="main",operation="poll",class="none"} 1"#,
                #"thumbwire_provider_call_duration_seconds_count{provider="main",operation="poll"} 1"#,
                #"thumbwire_provider_circuit{provider="main",state="closed"} 1"#,
                #"thumbwire_provider_circuit{provider="main",state="open"} 0"#,
                #"thumbwire_provider_paused{provider="main"} 0"#,
            ] {
                #expect(found.contains(line), "\(line)")
            }
        }
    }

    @Test func `failures are counted by their class, and a pause shows`() async throws {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ throws(Failure) in
                throw Failure(.contentRejected, code: "content_rejected", message: "no")
            }
            let id = try await harness.submit().id
            _ = try await harness.ended(id)
            _ = try await harness.engine.pause(provider: "main", until: nil, reason: "test")

            try await harness.wait {
                lines(harness).isSuperset(of: [
                    #"thumbwire_jobs_finished_total{state="failed",class="content_rejected"} 1"#,
                    #"thumbwire_provider_calls_total{provider="main",operation="create",class="content_rejected"} 1"#,
                    #"thumbwire_provider_paused{provider="main"} 1"#,
                ])
            }
        }
    }

    @Test func `every line about a job has its ids`() async throws {
        try await EngineHarness.run { harness in
            harness.script.onCreate { _ in Script.picture }

            let job = try await harness.submit { $0.requestID = "req-9" }
            _ = try await harness.ended(job.id)
            try await harness.wait { harness.logged.entries.contains { $0.event == "job completed" } }

            let told = harness.logged.entries.filter { $0.fields["job"] == .string(job.id.rawValue) }
            #expect(told.map(\.event) == ["job accepted", "job completed"])
            for entry in told {
                #expect(entry.fields["request"] == "req-9")
                #expect(entry.fields["account"] == .string(harness.account.id.rawValue))
            }
        }
    }
}
