/// The fontconfig document: where fonts are, and which family stands in for letters that another lacks.
struct FontConfiguration {
    let folders: [String]
    let cacheFolder: String

    /// Sans-serif families that look well together, in the order in which they are tried.
    private static let fallbacks = [
        "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai",
        "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Telugu", "Noto Sans Gujarati", "Noto Sans Kannada",
        "Noto Sans Malayalam", "Noto Sans Gurmukhi", "Noto Sans Georgian", "Noto Sans Armenian",
        "Noto Sans Ethiopic", "Noto Sans Khmer", "Noto Sans Lao", "Noto Sans Myanmar", "Noto Sans Sinhala",
    ]
    /// Chinese, Japanese and Korean share code points; which shapes are right depends on the language.
    private static let han = [
        ("zh-tw", "Noto Sans CJK TC"), ("zh-hk", "Noto Sans CJK HK"), ("ja", "Noto Sans CJK JP"),
        ("ko", "Noto Sans CJK KR"),
    ]
    private static let last = [
        "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "WenQuanYi Zen Hei", "IPAGothic",
        "NanumGothic", "Noto Sans Symbols", "Noto Sans Symbols2", "Noto Sans Math", "Noto Color Emoji",
        "DejaVu Sans",
    ]

    /// Emoji are bitmaps of one size, drawn at any other through this matrix (fontconfig's 10-scale-bitmap-fonts).
    private static let bitmapScaling = """
        <match target="font"><test name="outline" compare="eq"><bool>false</bool></test>\
        <edit name="pixelsizefixupfactor" mode="assign"><divide><name target="pattern">pixelsize</name>\
        <name target="font">pixelsize</name></divide></edit>\
        <edit name="matrix" mode="assign"><times><name>matrix</name><matrix>\
        <name>pixelsizefixupfactor</name><double>0</double><double>0</double><name>pixelsizefixupfactor</name>\
        </matrix></times></edit></match>
        """

    /// The document in fontconfig's XML.
    var document: String {
        let places = folders.map { "<dir>\(Self.escaped($0))</dir>" }.joined()
        let languages = Self.han.map { language, family in
            """
            <match target="pattern"><test name="lang" compare="contains"><string>\(language)</string></test>\
            \(Self.append([family]))</match>
            """
        }
        return """
            <?xml version="1.0"?><fontconfig>\(places)<cachedir>\(Self.escaped(cacheFolder))</cachedir>\
            <match target="pattern"><test name="family"><string>emoji</string></test>\
            <edit name="family" mode="prepend" binding="strong"><string>Noto Color Emoji</string></edit></match>\
            <match target="pattern">\(Self.append(Self.fallbacks))</match>\(languages.joined())\
            <match target="pattern">\(Self.append(Self.last))</match>\(Self.bitmapScaling)</fontconfig>
            """
    }

    private static func append(_ families: [String]) -> String {
        let names = families.map { "<string>\($0)</string>" }.joined()
        return "<edit name=\"family\" mode=\"append_last\" binding=\"strong\">\(names)</edit>"
    }

    private static func escaped(_ text: String) -> String {
        text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined()
    }
}
