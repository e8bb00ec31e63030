package import Persistence
package import ThumbwireKit

/// Threads that render, each with a rasteriser of its own; a render never hops threads.
package typealias RenderPool = ThreadPool<any Rasterizer>

extension ThreadPool where Local == any Rasterizer {
    /// As many threads as `threads`, each with what `makeRasterizer` makes on it.
    package convenience init(threads: Int, makeRasterizer: @escaping @Sendable () -> any Rasterizer) {
        self.init(name: "render", threads: threads, makeLocal: makeRasterizer)
    }
}
