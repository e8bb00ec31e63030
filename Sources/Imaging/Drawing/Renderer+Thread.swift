import Glibc

extension Fonts {
    /// The typefaces of the machine, read at the first use; `nil` on a machine without any.
    package static let shared: Fonts? = Fonts()
}

extension Renderer {
    /// The renderer of the calling thread, made at its first use and kept until the thread ends; `nil` on a
    /// machine without fonts. For dedicated threads, never for Swift's cooperative pool.
    package static var ofThisThread: Renderer? {
        if let pointer = pthread_getspecific(threadKey) {
            return Unmanaged<Renderer>.fromOpaque(pointer).takeUnretainedValue()
        }
        guard let fonts = Fonts.shared else { return nil }
        let renderer = Renderer(fonts: fonts, gradeApplier: GradePass.apply)
        // The thread owns this reference; the key's destructor releases it when the thread ends.
        pthread_setspecific(threadKey, Unmanaged.passRetained(renderer).toOpaque())
        return renderer
    }

    private static let threadKey: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { pointer in
            if let pointer { Unmanaged<Renderer>.fromOpaque(pointer).release() }
        }
        return key
    }()
}
