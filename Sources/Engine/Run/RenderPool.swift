internal import Glibc
package import Persistence
package import ThumbwireKit

/// Threads that render, each with a rasteriser of its own; a render never hops threads.
package typealias RenderPool = ThreadPool<any Rasterizer>

extension ThreadPool where Local == any Rasterizer {
    /// Below everything that clients and leases wait for: with every core rendering, a request is still answered at
    /// once. On Linux niceness belongs to the thread (sched(7), setpriority(2) "C library/kernel differences").
    private static var niceness: Int32 { 10 }

    /// As many threads as `threads`, each with what `makeRasterizer` makes on it.
    package convenience init(
        threads: Int, metrics: RenderMetrics = RenderMetrics(in: Metrics()),
        makeRasterizer: @escaping @Sendable () -> any Rasterizer
    ) {
        self.init(name: "render", threads: threads, observe: metrics.rendered) {
            setpriority(Int32(PRIO_PROCESS.rawValue), 0, Self.niceness)
            return makeRasterizer()
        }
    }
}
