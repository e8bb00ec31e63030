import CFontconfig

/// The typefaces of the machine, from a configuration of our own: nothing of `/etc/fonts` or the environment counts.
///
/// Make one before any thread draws, and hand it to every ``Renderer``.
// The configuration is complete when init returns and is never changed; fontconfig locks what readers share.
package final class Fonts: @unchecked Sendable {
    /// The family that titles have unless another is asked for.
    package static let defaultFamily = "Inter"
    /// The narrow family for short titles in capitals.
    package static let condensedFamily = "Bebas Neue"

    /// The names of all families, sorted.
    package let families: [String]

    let configuration: OpaquePointer
    private let foldedFamilies: Set<String>

    /// Reads the fonts in those folders. `cacheFolder` is where fontconfig keeps what it found, so that the next
    /// start takes milliseconds; one that cannot be written to only costs time. Fails when no font is found.
    package init?(
        folders: [String] = ["/usr/share/fonts", "/usr/local/share/fonts"],
        cacheFolder: String = "/var/cache/fontconfig"
    ) {
        guard let configuration = FcConfigCreate() else { return nil }
        let document = FontConfiguration(folders: folders, cacheFolder: cacheFolder).document
        guard FcConfigParseAndLoadFromMemory(configuration, document, 1) != 0,
            FcConfigBuildFonts(configuration) != 0
        else {
            FcConfigDestroy(configuration)
            return nil
        }
        let families = Self.families(of: configuration)
        guard !families.isEmpty else {
            FcConfigDestroy(configuration)
            return nil
        }
        // Pango's second thread calls FcInit, which would load /etc/fonts while we draw; with a current
        // configuration it returns at once.
        FcConfigSetCurrent(configuration)
        self.configuration = configuration
        self.families = families
        foldedFamilies = Set(families.map { $0.lowercased() })
    }

    deinit {
        FcConfigDestroy(configuration)
    }

    /// True when a family of that name, in any case, is installed.
    package func hasFamily(_ name: String) -> Bool {
        foldedFamilies.contains(name.lowercased())
    }

    private static func families(of configuration: OpaquePointer) -> [String] {
        guard let set = FcConfigGetFonts(configuration, FcSetSystem) else { return [] }
        var names: Set<String> = []
        for index in 0..<Int(set.pointee.nfont) {
            var name: UnsafeMutablePointer<FcChar8>?
            let pattern = set.pointee.fonts[index]
            if FcPatternGetString(pattern, "family", 0, &name) == FcResultMatch, let name {
                names.insert(String(cString: name))
            }
        }
        return names.sorted()
    }
}
