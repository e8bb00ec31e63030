internal import Persistence
package import ThumbwireKit

/// What the render threads measure.
package struct RenderMetrics: Sendable {
    private let duration: Histogram
    private let waiting: ReadMetric

    package init(in metrics: Metrics) {
        duration = metrics.histogram(
            "thumbwire_render_duration_seconds",
            "How long pieces of work took on a render thread: a picture's post-processors, or decoding one")
        waiting = metrics.gauge(
            "thumbwire_render_waiting", "Pieces of work that wait for a render thread")
    }

    @Sendable func rendered(in time: Duration) { duration.observe(time) }

    package func readings(of pool: RenderPool) -> [Reading] { [waiting.reading(Double(pool.waitingCount))] }
}
