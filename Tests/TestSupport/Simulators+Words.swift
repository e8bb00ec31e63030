package import ThumbwireKit

extension Simulators {
    package enum Service: String, Sendable {
        case soke, opus, openai, youtube, files
    }

    /// Where a gate holds a call.
    package enum Phase: String, Sendable {
        case before, after
    }

    /// One kind of call of a service.
    package struct Operation: Sendable, Hashable {
        package let service: Service
        package let name: String

        package init(_ service: Service, _ name: String) {
            self.service = service
            self.name = name
        }

        package static let sokeGenerate = Operation(.soke, "generate")
        package static let sokeGenerateBackground = Operation(.soke, "generate-background")
        package static let sokePoll = Operation(.soke, "poll")
        package static let opusCreate = Operation(.opus, "create")
        package static let opusPoll = Operation(.opus, "poll")
        package static let opusUploadLink = Operation(.opus, "upload-link")
        package static let openAIGenerate = Operation(.openai, "generate")
        package static let openAIEdit = Operation(.openai, "edit")
        package static let openAIModels = Operation(.openai, "models")
        package static let youTubeEmbed = Operation(.youtube, "oembed")
        package static let youTubeFrame = Operation(.youtube, "frame")
        package static let youTubeWatch = Operation(.youtube, "watch")
        package static let download = Operation(.files, "get")

        var document: JSONObject {
            ["service": .string(service.rawValue), "operation": .string(name)]
        }
    }

    /// What goes wrong with one call.
    package struct Fault: Sendable {
        let document: JSONValue

        /// A fault by the name and members that the README lists.
        package init(_ kind: String, _ members: JSONObject = [:]) {
            var document = members
            document["kind"] = .string(kind)
            self.document = .object(document)
        }

        /// The connection closes; nothing was bought.
        package static let refuseBefore = Fault("refuse_before")
        /// Bought; the connection closes without an answer.
        package static let lostAnswer = Fault("lost_answer")
        /// Bought; half of the answer comes.
        package static let cutBody = Fault("cut_body")
        /// Bought; the right status with an HTML page.
        package static let garbage = Fault("garbage")
        /// Nothing is bought, and no answer comes until the client leaves.
        package static let hang = Fault("hang")
        /// Bought, and no answer comes until the client leaves.
        package static let hangAfter = Fault("hang_after")
        /// Bought; the job fails.
        package static let jobFails = Fault("job_fails")
        /// Bought; the job never ends.
        package static let jobHangs = Fault("job_hangs")
        /// Bought; the job's id is unknown when it is asked for.
        package static let jobVanishes = Fault("job_vanishes")

        /// The service's own error; nothing was bought.
        package static func status(_ status: Int, retryAfter: Int? = nil) -> Fault {
            var members: JSONObject = ["status": .integer(Int64(status))]
            members["retry_after"] = retryAfter.map { .integer(Int64($0)) }
            return Fault("status", members)
        }

        /// Bought although the answer is that error.
        package static func statusAfter(_ status: Int) -> Fault {
            Fault("status_after", ["status": .integer(Int64(status))])
        }

        /// The service acts that many seconds later.
        package static func delay(seconds: Double) -> Fault {
            Fault("delay", ["seconds": .number(seconds)])
        }

        /// Bought at once; the answer comes that many seconds later.
        package static func lateAnswer(seconds: Double) -> Fault {
            Fault("late_answer", ["seconds": .number(seconds)])
        }
    }

    /// What happened to the calls of one operation since the last reset.
    package struct Counts: Sendable, Equatable {
        package var calls = 0
        /// Calls that bought something.
        package var creates = 0
        /// Pictures or jobs bought.
        package var units = 0
        /// Whole answers sent.
        package var answered = 0
        /// Creates whose answer did not tell the client what it bought: scripted losses, and clients that left.
        package var createsLost = 0
        /// Answers 429 because the caller was too fast; neither scripted ones nor those of a used-up cap.
        package var earnedRateLimits = 0

        init(_ document: JSONValue) {
            func count(_ value: JSONValue?) -> Int { Int(value?.integer ?? 0) }
            calls = count(document["calls"])
            creates = count(document["creates"])
            units = count(document["units"])
            answered = count(document["answered"])
            let lost = document["creates_lost"]
            createsLost = count(lost?["scripted"]) + count(lost?["client_gone"])
            earnedRateLimits = count(document["rate_limited"]?["earned"])
        }
    }
}
