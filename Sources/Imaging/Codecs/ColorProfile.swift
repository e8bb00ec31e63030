import CLCMS2
import ThumbwireKit

/// An embedded ICC profile, used to bring pixels to sRGB. A context of its own keeps threads apart.
final class ColorProfile {
    private let context: cmsContext
    private let profile: cmsHPROFILE
    private let sRGB: cmsHPROFILE

    /// `nil` when the bytes are no profile.
    init?(_ bytes: [UInt8]) {
        guard let context = cmsCreateContext(nil, nil) else { return nil }
        guard let profile = cmsOpenProfileFromMemTHR(context, bytes, UInt32(bytes.count)),
            let sRGB = cmsCreate_sRGBProfileTHR(context)
        else {
            cmsDeleteContext(context)
            return nil
        }
        self.context = context
        self.profile = profile
        self.sRGB = sRGB
    }

    deinit {
        cmsCloseProfile(profile)
        cmsCloseProfile(sRGB)
        cmsDeleteContext(context)
    }

    /// Converts pixels with straight alpha; leaves them alone when the profile is sRGB or describes other channels.
    func convertToSRGB(_ pixels: PixelBuffer) {
        if tw_cms_is_gray(profile) != 0 {
            convertGray(pixels)
        } else if tw_cms_is_rgb(profile) != 0, let transform = transform(from: tw_cms_bgra()) {
            defer { cmsDeleteTransform(transform) }
            guard !isIdentity(transform) else { return }
            cmsDoTransform(
                transform, pixels.base, pixels.base, UInt32(pixels.size.width * pixels.size.height))
        }
    }

    /// Converts pixels of four inks; false when the profile does not describe inks.
    func convertCMYK(_ pixels: PixelBuffer, isInverted: Bool) -> Bool {
        let layout = isInverted ? tw_cms_cmyk_inverted() : tw_cms_cmyk()
        guard tw_cms_is_cmyk(profile) != 0, let transform = transform(from: layout, flags: 0) else {
            return false
        }
        defer { cmsDeleteTransform(transform) }
        cmsDoTransform(transform, pixels.base, pixels.base, UInt32(pixels.size.width * pixels.size.height))
        pixels.makeOpaque()
        return true
    }

    private func convertGray(_ pixels: PixelBuffer) {
        guard let transform = transform(from: tw_cms_gray(), flags: 0) else { return }
        defer { cmsDeleteTransform(transform) }
        let levels = (0...255).map { UInt8($0) }
        var colors = [UInt32](repeating: 0, count: 256)
        cmsDoTransform(transform, levels, &colors, 256)
        for (index, byte) in pixels.bytes.enumerated() where index % 4 != 3 {
            pixels.bytes[index] = UInt8(truncatingIfNeeded: colors[Int(byte)] >> 8)
        }
    }

    private func transform(from layout: UInt32, flags: UInt32 = tw_cms_keep_alpha()) -> cmsHTRANSFORM? {
        cmsCreateTransformTHR(
            context, profile, layout, sRGB, tw_cms_bgra(), UInt32(INTENT_RELATIVE_COLORIMETRIC), flags)
    }

    /// True when a few colours come out as they went in, within what 8 bits can tell.
    private func isIdentity(_ transform: cmsHTRANSFORM) -> Bool {
        var probes: [UInt8] = []
        for index in 0..<64 {
            probes += [UInt8(index % 4 * 85), UInt8(index / 4 % 4 * 85), UInt8(index / 16 * 85), 255]
        }
        var results = [UInt8](repeating: 0, count: probes.count)
        cmsDoTransform(transform, probes, &results, 64)
        return zip(probes, results).enumerated().allSatisfy { index, pair in
            index % 4 == 3 || abs(Int(pair.0) - Int(pair.1)) <= 2
        }
    }
}
