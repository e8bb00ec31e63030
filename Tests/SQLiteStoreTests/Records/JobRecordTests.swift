import TestSupport
import Testing
import ThumbwireKit

@testable import Persistence

@Suite struct JobRecordTests {
    @Test func `every field of a job survives being stored`() throws {
        let job = Job.full

        let read = try JobRecord.job(
            accepted: JobRecord.accepted(job), progress: JobRecord.progress(job), columns: job.columns)

        #expect(read == job)
    }

    @Test func `a job without any optional field survives being stored`() throws {
        var job = Job.make(account: .make("acct_"))
        job.request = ThumbnailRequest()

        let read = try JobRecord.job(
            accepted: JobRecord.accepted(job), progress: JobRecord.progress(job), columns: job.columns)

        #expect(read == job)
    }

    @Test func `each job keeps its own chain, also among many of one name`() throws {
        var jobs = (0..<Int64(100)).map { number in
            var pin = PinnedChain.make()
            pin.steps[0].configuration["quality"] = .integer(number)
            return Job.make(account: .make("acct_"), pin: pin)
        }
        jobs += jobs.reversed()

        for job in jobs {
            let read = try JobRecord.job(
                accepted: JobRecord.accepted(job), progress: JobRecord.progress(job), columns: job.columns)
            #expect(read.pin == job.pin)
        }
    }

    @Test func `the example sets every field, so that a new one is not forgotten`() {
        var unset: [String] = []
        findUnset(in: Job.full, path: "job", into: &unset)

        #expect(unset == [])
    }

    @Test func `the first start is the column's where a claim wrote it`() throws {
        let job = Job.make(account: .make("acct_"))
        var columns = job.columns
        columns.startedAt = .noon + .seconds(1)

        let read = try JobRecord.job(
            accepted: JobRecord.accepted(job), progress: JobRecord.progress(job), columns: columns)

        #expect(read.startedAt == .noon + .seconds(1))
    }

    @Test func `a record of another version is refused`() throws {
        let job = Job.make(account: .make("acct_"))
        let text = String(decoding: JobRecord.accepted(job), as: UTF8.self)
            .replacing("{\"v\":1,", with: "{\"v\":2,")

        let error = #expect(throws: RecordError.self) {
            try JobRecord.job(
                accepted: Array(text.utf8), progress: JobRecord.progress(job), columns: job.columns)
        }

        #expect(error == RecordError(path: "accepted", reason: "has version 2, this program reads 1"))
    }

    @Test func `a damaged record is named by its path`() throws {
        let job = Job.full
        let text = String(decoding: JobRecord.accepted(job), as: UTF8.self)
            .replacing("\"timeout\":30500000", with: "\"timeout\":\"soon\"")

        let error = #expect(throws: RecordError.self) {
            try JobRecord.job(
                accepted: Array(text.utf8), progress: JobRecord.progress(job), columns: job.columns)
        }

        #expect(
            error == RecordError(path: "accepted.pin.providers[0].timeout", reason: "is not an integer"))
    }

    @Test(arguments: ["", "[]", "{", "{}"])
    func `what is no record is refused`(text: String) throws {
        let job = Job.make(account: .make("acct_"))

        #expect(throws: RecordError.self) {
            try JobRecord.job(
                accepted: JobRecord.accepted(job), progress: Array(text.utf8), columns: job.columns)
        }
    }
}

/// Collects the optional fields that are `nil` and the lists that are empty.
private func findUnset(in value: Any, path: String, into unset: inout [String]) {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional where mirror.children.isEmpty: unset.append(path)
    case .collection where mirror.children.isEmpty: unset.append(path)
    case .enum: return
    default: break
    }
    for (index, child) in mirror.children.enumerated() {
        findUnset(in: child.value, path: "\(path).\(child.label ?? "\(index)")", into: &unset)
    }
}

extension Job {
    fileprivate var columns: JobRecord.Columns {
        JobRecord.Columns(
            id: id, account: account, session: session, state: state, startedAt: nil,
            callbackStatus: callback?.lastStatus)
    }

    /// A job with a value in every field.
    fileprivate static var full: Job {
        var job = Job.make(
            account: .make("acct_"), face: .soke, pin: .full, priority: -3,
            callbackEvents: [.failed, .completed])
        job.request = .full
        job.callback?.lastStatus = 503
        job.state = .processing
        job.progress = Progress(step: "encode", percent: 90)
        job.steps = [.full]
        job.outputs = [.full]
        job.provider = "opus"
        job.fallback = Fallback(from: "soke", reason: "out_of_funds")
        job.warnings = [Warning(code: "overlay_skipped", message: "überlay \"skipped\"\n")]
        job.failure = .full
        job.metadata = ["a": [1, 2.5, nil, true, ["b": "c"]], "z": "1", "e": [:]]
        job.startedAt = .noon + .microseconds(1)
        job.finishedAt = .noon + .microseconds(2)
        job.eventCount = 4
        job.parent = .make("job_")
        job.requestID = "request-1"
        job.key = .make("key_")
        job.credits = 4
        return job
    }
}

extension ThumbnailRequest {
    fileprivate static var full: ThumbnailRequest {
        var request = ThumbnailRequest(
            title: "Titel 🎬", prompt: "a \\ prompt", resolution: PixelSize(width: 640, height: 360))
        request.videoURL = "https://example.com/v"
        request.sourceImage = .url("https://example.com/s")
        request.referenceImages = [.url("https://example.com/r")]
        request.maskImage = .artifact(.make("art_"))
        request.options = ["openai": ["quality": "high"]]
        request.colorGrading = .neon
        request.layoutType = .textBottom
        request.platform = "other"
        request.variants = 3
        request.format = .webp
        request.quality = 80
        request.accent = Accent(color: Color(red: 1, green: 2, blue: 3, alpha: 0.25), words: ["one"])
        return request
    }
}

extension PinnedChain {
    fileprivate static var full: PinnedChain {
        let use = Use(
            id: "soke", plugin: "exec:soke", major: 2, configuration: ["apiKey": "${env:KEY}", "n": [1.0]],
            condition: "template.overlay", onError: .skip, timeout: .milliseconds(30_500))
        let policy = ProviderPolicy(
            failoverOn: [.contentRejected], onUnknown: .resubmit, lastResort: true, hedge: .seconds(20))
        return PinnedChain(name: "full", providers: [use], steps: [use], policy: policy)
    }
}

extension Step {
    fileprivate static var full: Step {
        var step = Step.make(status: .pending)
        step.ticket = "upstream-1"
        step.artifacts = [.make("art_")]
        step.finishedAt = .noon + .seconds(3)
        step.cost = Cost(amount: 0.04, unit: "USD")
        step.product = .composed
        step.provenance = ["editorState": ["layers": []]]
        step.failure = .full
        return step
    }
}

extension Failure {
    fileprivate static var full: Failure {
        Failure(
            .rateLimited, code: "rate_limited", message: "slow down", retryAfter: .milliseconds(1_500),
            detail: "for the log")
    }
}

extension Output {
    fileprivate static var full: Output {
        Output(
            artifact: .make("art_"), fileName: "abc.webp", size: .portrait, format: .webp, bytes: 12_345,
            sha256: "00ff", variant: 1, expiresAt: .noon + .seconds(60))
    }
}
