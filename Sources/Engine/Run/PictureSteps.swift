internal import Persistence
internal import ThumbwireKit

/// What the post-processors made: files whose bytes are stored, and what the job says of them.
struct FinishedPictures {
    var outputs: [Output] = []
    var artifacts: [Artifact] = []
    /// JSON text by variant.
    var compositions: [Int: [UInt8]] = [:]
}

/// The second half of a job: every variant through the chain's post-processors. Pure work: it writes nothing before the
/// job finishes, and simply runs again after a crash.
extension JobRunner {
    private struct VariantResult: Sendable {
        var variant: Int
        var composition: Composition
        var pictures: [EncodedPicture]
        var steps: [Step]
    }

    func compose(_ generated: GeneratedPictures) async throws -> FinishedPictures {
        let videoTitle = try await videoTitle(for: generated.product)
        var results: [VariantResult] = []
        try await withThrowingTaskGroup(of: VariantResult.self) { group in
            for (variant, picture) in generated.pictures.enumerated() {
                let chain = ChainRun(
                    job: job, variant: variant, product: generated.product, picture: picture,
                    provenance: generated.compositionProvenance, services: services, warnings: warnings,
                    running: running)
                group.addTask { [pool = services.renderPool] in
                    try await pool.run { rasterizer in try chain.run(on: rasterizer, videoTitle: videoTitle) }
                }
            }
            for try await result in group { results.append(result) }
        }
        results.sort { $0.variant < $1.variant }
        for step in results.flatMap(\.steps) { services.metrics.process(step) }
        for step in results.first?.steps ?? [] { record(step) }
        return try await store(results)
    }

    private func store(_ results: [VariantResult]) async throws -> FinishedPictures {
        var finished = FinishedPictures()
        for result in results {
            finished.compositions[result.variant] = result.composition.json.serialized()
            for picture in result.pictures {
                let artifact = try await services.keep(
                    picture.bytes, format: picture.format, of: job.id, job.account)
                finished.artifacts.append(artifact)
                finished.outputs.append(
                    Output(
                        artifact: artifact.id, fileName: artifact.fileName, size: picture.size,
                        format: picture.format,
                        bytes: artifact.bytes, sha256: artifact.sha256, variant: result.variant,
                        expiresAt: artifact.expiresAt))
            }
        }
        guard !finished.outputs.isEmpty else {
            throw Failure(
                .misconfigured, code: "chain_without_output",
                message: "chain \(job.pin.name) finished no picture; its last step should be \"encode\"")
        }
        return finished
    }

    /// One variant's way through the chain, handed to a render thread as a value.
    private struct ChainRun: Sendable {
        let job: Job
        let variant: Int
        let product: PluginManifest.Product
        let picture: GeneratedPictures.Picture
        let provenance: JSONObject
        let services: EngineServices
        let warnings: Warnings
        let running: RunningJob

        /// A title of the video stands in the place of one of the request's own.
        func run(on rasterizer: any Rasterizer, videoTitle: String?) throws -> VariantResult {
            var result = VariantResult(variant: variant, composition: background(), pictures: [], steps: [])
            var request = job.request
            if let videoTitle {
                request.title = videoTitle
                result.composition.provenance["title"] = ["from": "video"]
            }
            let scope = services.registry.scope(of: request)
            let stepEnd = StepEnd()
            let context = PictureRun(
                request: request, variant: variant, product: product,
                pictures: [picture.reference: picture.bytes],
                rasterizer: rasterizer, warnings: warnings,
                isStopped: { [running, clock = services.clock] in
                    running.stopReason != nil || stepEnd.moment.map { clock.now() > $0 } == true
                })
            for (position, use) in job.pin.steps.enumerated() {
                if running.stopReason != nil { throw CancellationError() }
                var step = services.registry.step(
                    for: use, index: position + 1, attempt: 1, at: services.clock.now())
                stepEnd.moment = step.startedAt + use.timeout
                step.status = try run(use, scope, &result.composition, context, &step.failure)
                step.finishedAt = services.clock.now()
                result.steps.append(step)
            }
            result.pictures = context.attached
            return result
        }

        private func run(
            _ use: PinnedChain.Use, _ scope: JSONValue, _ composition: inout Composition,
            _ context: PictureRun,
            _ failure: inout Failure?
        ) throws -> Step.Status {
            if let condition = use.condition, try !Condition(condition).isMet(in: scope) { return .skipped }
            var changed = composition
            do {
                try services.registry.postProcessor(for: use).process(&changed, context: context)
                composition = changed
                return .succeeded
            } catch is CancellationError where running.stopReason != nil {
                throw CancellationError()
            } catch {
                let reason = self.failure(error, in: use)
                guard use.onError == .skip else { throw reason }
                failure = reason
                warnings.add(
                    Warning(code: "step_skipped", message: "\(use.id) was left out: \(reason.message)"))
                return .failed
            }
        }

        private func failure(_ error: any Error, in use: PinnedChain.Use) -> Failure {
            switch error {
            case let failure as Failure: failure
            case is CancellationError:
                Failure(
                    .timeout, code: "step_timeout",
                    message: "step \(use.id) took longer than \(use.timeout.inSeconds) s")
            default:
                Failure(
                    .internal, code: "plugin_error", message: "step \(use.id) failed unexpectedly",
                    detail: "\(error)")
            }
        }

        private func background() -> Composition {
            var layer = Layer(id: "background", content: .image(ImageLayer(source: picture.reference)))
            layer.isLocked = product == .composed
            return Composition(
                canvas: .init(size: job.request.resolution), layers: [layer], provenance: provenance)
        }
    }

    /// When the running step must have ended; read and written on one render thread.
    private final class StepEnd {
        var moment: Timestamp?
    }
}

extension GeneratedPictures {
    /// What the provider tells, under its name; not what the step was told of the video, which the first run of these
    /// steps has not read from it, and one after a crash has.
    fileprivate var compositionProvenance: JSONObject {
        var told = provenance
        told[JobRunner.videoTitleMember] = nil
        return told.isEmpty ? [:] : [provider: .object(told)]
    }
}
