internal import Foundation

/// One thread at a time in Pango and Cairo's fonts.
///
/// Cairo 1.16 shares font faces between threads through a list that it reads and changes without a lock
/// (`_cairo_ft_font_face_create` and `_destroy`), so that one thread can be handed a face that another is taking apart;
/// seen once as a crash in `cairo_scaled_font_create`, in a service that had just started. Text takes a tenth of a
/// render; everything else runs in parallel.
enum TextLibraries {
    private static let lock = NSLock()

    /// Runs work that makes, uses or lets go of fonts and layouts. Not to be nested.
    static func exclusively<Value>(_ work: () throws -> Value) rethrows -> Value {
        try lock.withLock(work)
    }
}
