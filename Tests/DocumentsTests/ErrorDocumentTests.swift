import Documents
import Foundation
import Testing
import ThumbwireKit

/// `docs/errors.md` is written from the tables in code. To write it anew after a change, run this test with
/// `THUMBWIRE_WRITE_SAMPLES=1`.
struct ErrorDocumentTests {
    private static let head = """
        # Errors and states

        One table in code says what goes wrong on every face (`Sources/Documents/Errors/`); this page is written from it
        by a test. A job's failure has a status too: a face that waits for the picture answers it. Inside Soke's 200 a
        failed job has `data.error.code` `PROCESSING_ERROR`, with our code in `details.code`; Opus' has it as
        `error.type`.

        | code | meaning | native | Soke | Opus | OpenAI |
        | --- | --- | --- | --- | --- | --- |

        """

    private static let middle = """

        An SDK of OpenAI retries what is marked ↻; all else comes with `x-should-retry: false`.

        | state | Soke thumbnail | Soke job | Opus |
        | --- | --- | --- | --- |

        """

    private static let tail = """

        A failed job whose code is `provider_outcome_unknown` is `UNKNOWN` on Opus' face.

        """

    private var page: String {
        let errors = ErrorCode.allCases.map { code in
            let row = code.row
            let openAI = "\(row.openAI.status) \(row.openAI.type) \(row.openAI.code ?? code.rawValue)"
            return "| `\(code.rawValue)` | \(row.title) | \(row.status) | \(row.sokeStatus) "
                + "\(row.sokeCode.rawValue) | \(row.opus.status) \(row.opus.name) | \(openAI)"
                + "\(row.openAI.isRetryable ? " ↻" : "") |\n"
        }
        let states = JobState.allCases.compactMap { state in
            StateRow.table[state].map {
                "| `\(state.rawValue)` | \($0.soke) | \($0.sokeJob) | \($0.opus.rawValue) |\n"
            }
        }
        return Self.head + errors.joined() + Self.middle + states.joined() + Self.tail
    }

    @Test func `the page of errors is the table in code`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../docs/errors.md"
        )
        .standardized
        if ProcessInfo.processInfo.environment["THUMBWIRE_WRITE_SAMPLES"] == "1" {
            try Data(page.utf8).write(to: file)
        }

        #expect(try String(contentsOf: file, encoding: .utf8) == page)
    }

    @Test func `every code and every state has a row`() {
        #expect(Set(ErrorRow.table.keys) == Set(ErrorCode.allCases))
        #expect(Set(StateRow.table.keys) == Set(JobState.allCases))
    }
}
