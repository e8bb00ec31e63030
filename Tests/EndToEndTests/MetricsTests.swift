import Foundation
import Glibc
import HTTP
import Synchronization
import Testing
import ThumbwireKit
import ThumbwireService

@testable import thumbwire

extension EndToEnd {
    @Suite(.timeLimit(.minutes(10))) struct MetricsTests {
        @Test func `a job shows in the metrics and, with its request's id, in the log`() async throws {
            let service = try await RunningService.start(
                "--log-level", "debug", "--log-format", "json", "--metrics", "open")
            let made = try await service.post(
                "/v1/jobs", .job("Measured"), headers: ["X-Request-Id": "ask.me-1"])
            #expect(made.headers["X-Request-Id"] == "ask.me-1")
            let id = try #require(made.json["id"]?.string)
            _ = try await service.finished(id)

            let text = try await eventually("the end of the job is counted") {
                let answer = try await service.sendAsIs(.get, "/metrics", headers: [:])
                let isCounted = answer.text.contains(
                    #"thumbwire_jobs_finished_total{state="completed",class="none"} 1"#)
                return isCounted ? answer.text : nil
            }
            for series in [
                #"thumbwire_jobs_accepted_total{face="native"} 1"#, #"thumbwire_jobs{state="queued"} 0"#,
                #"thumbwire_http_requests_total{route="/v1/jobs",method="POST",status="202"} 1"#,
                #"thumbwire_build_info{version="\#(Version.current)"} 1"#, "thumbwire_disk_total_bytes ",
                "process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_open_fds ",
                "process_max_fds ", "process_start_time_seconds ", "thumbwire_render_waiting 0",
                #"thumbwire_provider_circuit{provider="studio",state="closed"} 1"#,
                "thumbwire_http_connections ",
            ] {
                #expect(text.contains("\n\(series)"), "\(series)")
            }

            service.tool.send(SIGTERM)
            #expect(try await service.tool.exit() == 0)
            let lines = service.tool.standardError.split(separator: "\n").compactMap {
                try? JSONValue(parsing: String($0))
            }
            let ofRequest = lines.filter { $0["request"] == "ask.me-1" }
            #expect(
                Set(ofRequest.compactMap { $0["event"]?.string })
                    == ["request", "job accepted", "job completed"])
            #expect(ofRequest.allSatisfy { $0["time"] != nil && $0["level"] != nil })
            #expect(ofRequest.filter { $0["job"] == .string(id) }.count == 2)
        }

        @Test func `metrics need an admin key by default`() async throws {
            let service = try await RunningService.start()
            #expect(try await service.sendAsIs(.get, "/metrics", headers: [:]).status == 401)
            #expect(try await service.get("/metrics").status == 200)
        }

        @Test func `a log that nobody reads holds up nobody, and says what it left out`() throws {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
            let instruments = Instruments()
            let writer = LogWriter(.json, metrics: instruments.log, to: ends[1], capacity: 100)
            let log = writer.log(from: .info)
            let long = String(repeating: "x", count: 1_000)

            // More than the pipe and the buffer take.
            for number in 0..<1_000 { log(.info, "line \(number)", ["text": .string(long)]) }
            log(.debug, "left out")

            let counted = String(decoding: instruments.metrics.text([]), as: UTF8.self)
                .split(separator: "\n").first { $0.hasPrefix("thumbwire_log_lines_dropped_total ") }
                .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
            let dropped = try #require(counted)
            #expect(dropped > 0)
            var told = 0
            var written = 0
            var rest = ""
            while told + written < 1_000 {
                rest += String(decoding: reader.availableData, as: UTF8.self)
                while let end = rest.firstIndex(of: "\n") {
                    let line = try JSONValue(parsing: String(rest[..<end]))
                    rest.removeSubrange(...end)
                    if line["event"] == "log lines dropped" {
                        told += Int(line["count"]?.integer ?? 0)
                    } else {
                        written += 1
                    }
                }
            }
            #expect(told == dropped)
            #expect(written == 1_000 - dropped)
        }
    }
}
