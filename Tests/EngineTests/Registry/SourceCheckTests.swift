import Persistence
import TestSupport
import Testing
import ThumbwireKit

@testable import Engine

/// A provider that can be in a catalog and is never asked.
private protocol Idle: Provider where Configuration == NoConfiguration {
    init()
}

extension Idle {
    init(configuration: NoConfiguration) throws { self.init() }
    func create(
        _ request: GenerationRequest, context: any ProviderContext
    ) async throws(Failure) -> GenerationAnswer {
        throw Failure(.internal, code: "plugin_error", message: "nobody asks")
    }
}

private struct Watching: Idle {
    static let manifest = PluginManifest(
        id: "watching", version: PluginVersion(1, 0, 0), kind: .provider,
        summary: "reads what the engine finds",
        reads: [.video])
}

private struct Downloading: Idle {
    static let manifest = PluginManifest(
        id: "downloading", version: PluginVersion(1, 0, 0), kind: .provider, summary: "reads files",
        sources: [.media])
}

private struct Reading: Idle {
    static let manifest = PluginManifest(
        id: "reading", version: PluginVersion(1, 0, 0), kind: .provider, summary: "reads words alone")
}

@Suite("What stands at videoUrl")
struct SourceCheckTests {
    private static let urls: [VideoSource.Kind: String] = [
        .youTube: "https://youtu.be/dQw4w9WgXcQ", .page: "https://example.com/a",
        .image: "https://example.com/a.jpg", .media: "https://example.com/a.mp4",
    ]

    private func refusal(
        _ kind: VideoSource.Kind?, _ providers: [String], face: Face = .native
    ) -> Failure? {
        var pin = PinnedChain.make(name: "main")
        pin.providers = providers.map {
            PinnedChain.Use(id: $0, plugin: $0, major: 1, configuration: [:], timeout: .seconds(30))
        }
        var job = Job.make(account: .make("acct_"), face: face, pin: pin)
        job.request.videoURL = kind.flatMap { Self.urls[$0] }
        let catalog = PluginCatalog(
            providers: [Watching.self, Downloading.self, Reading.self], postProcessors: [])
        do throws(Failure) {
            try SourceCheck(catalog: catalog).check(job)
            return nil
        } catch {
            return error
        }
    }

    @Test func `is refused where no provider of the chain reads its kind`() {
        let readable: [(providers: [String], kinds: Set<VideoSource.Kind>)] = [
            (["watching"], [.youTube, .page, .image]), (["downloading"], [.media]), (["reading"], []),
            (["reading", "watching"], [.youTube, .page, .image]),
            (["watching", "downloading"], [.youTube, .page, .image, .media]), (["gone"], []), ([], []),
        ]
        for (providers, kinds) in readable {
            #expect(refusal(nil, providers) == nil)
            for kind in VideoSource.Kind.allCases {
                let failure = refusal(kind, providers)
                #expect((failure == nil) == kinds.contains(kind), "\(providers) \(kind)")
                if let failure {
                    #expect(failure.code == "source_unsupported")
                    #expect(failure.failureClass == .invalidInput)
                }
            }
        }
    }

    @Test func `the refusal names the field, the kind and what would do`() {
        #expect(
            refusal(.media, ["watching"])?.message
                == "videoUrl is a video file (media); the providers of chain main read: youtube, page, image")
        #expect(
            refusal(.youTube, ["reading"], face: .opus)?.message
                == "sourceUri is a video on YouTube (youtube); no provider of chain main reads it")
    }

    @Test func `a refused request makes no job`() async throws {
        try await EngineHarness.run(isRunning: false) { harness in
            await #expect {
                try await harness.submit { $0.request.videoURL = "https://example.com/a.mp4" }
            } throws: {
                ($0 as? Failure)?.code == "source_unsupported"
            }
            let due = try await harness.store.nextJobDue()
            #expect(due == nil)
        }
    }
}
