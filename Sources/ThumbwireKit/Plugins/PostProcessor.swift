/// Adds to or changes the layers of a composition.
///
/// Runs synchronously on a render thread; nothing is rasterised until a step asks. Throw a ``Failure`` with a
/// documented code.
public protocol PostProcessor: Plugin {
    /// Works on the composition in place.
    func process(_ composition: inout Composition, context: any ProcessingContext) throws
}

/// What the engine lends a post-processor for one picture. Used on one thread, for one call.
public protocol ProcessingContext: AnyObject {
    /// The client's request.
    var request: ThumbnailRequest { get }
    /// Which of the request's variants this is, from 0.
    var variant: Int { get }
    /// What the provider's picture is.
    var product: PluginManifest.Product { get }
    /// The pixels of a referenced picture: decoded once a job, upright, sRGB, read-only.
    func pixels(of reference: ImageReference) throws -> PixelBuffer
    /// Renders the composition at its canvas size; cached until the composition changes.
    func render(_ composition: Composition) throws -> PixelBuffer
    /// Hands over a finished picture.
    func attach(_ picture: EncodedPicture)
    /// Adds a warning to the job.
    func warn(_ warning: Warning)
    /// Throws `CancellationError` when the job was cancelled or its deadline passed; call it between long pieces.
    func checkCancellation() throws
}

/// An encoded picture with what its file says.
public struct EncodedPicture: Hashable, Sendable {
    /// The file.
    public var bytes: [UInt8]
    /// Its format.
    public var format: ImageFormat
    /// Pixels across and down.
    public var size: PixelSize

    /// An encoded picture.
    public init(bytes: [UInt8], format: ImageFormat, size: PixelSize) {
        self.bytes = bytes
        self.format = format
        self.size = size
    }
}

/// Turns compositions and files into pixels; implemented by the imaging layer and injected into the engine.
public protocol Rasterizer: AnyObject {
    /// Decodes a picture: upright, sRGB, within the limits of the service.
    func decode(_ bytes: [UInt8]) throws(Failure) -> PixelBuffer
    /// Draws a composition at its canvas size.
    func render(
        _ composition: Composition, images: (ImageReference) throws -> PixelBuffer
    ) throws -> (pixels: PixelBuffer, warnings: [Warning])
}
