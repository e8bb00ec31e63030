// swift-tools-version: 6.1
import PackageDescription

/// For targets that import several C modules which include the same system headers: the compiler takes a member of
/// `sockaddr` for that of whichever module it read first, so that its visibility depends on the order of files.
let sharedHeaderRules: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Every target of ours compiles under the same rules; ARCHITECTURE.md explains the layers.
let rules: [SwiftSetting] =
    sharedHeaderRules + [.enableUpcomingFeature("MemberImportVisibility")]

func library(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = rules
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = rules
) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// C libraries from Debian: a module map and a shim header each, imported by exactly one Swift target
/// (`CSystem` wraps system calls and is the exception). `make deps` installs them.
let cLibraries: [Target] = [
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(name: "CPango", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
    .systemLibrary(name: "CFontconfig", pkgConfig: "fontconfig", providers: [.apt(["libfontconfig-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CLCMS2", pkgConfig: "lcms2", providers: [.apt(["liblcms2-dev"])]),
    .systemLibrary(name: "CSystem"),
]

let layers: [Target] = [
    library("ThumbwireKit", []),

    library("Documents", ["ThumbwireKit"]),
    library("HTTP", ["CCurl", "CMicrohttpd", "CSystem"], settings: sharedHeaderRules),
    library(
        "Imaging",
        ["ThumbwireKit", "CCairo", "CPango", "CFontconfig", "CTurboJPEG", "CPNG", "CWebP", "CLCMS2"]),
    library("Signing", ["CCrypto"]),
    library("Persistence", ["ThumbwireKit", "Documents", "Signing", "CSystem"]),

    library("SQLiteStore", ["Persistence", "ThumbwireKit", "CSQLite"]),
    library("Engine", ["Persistence", "Documents", "Signing", "ThumbwireKit", "CSystem"]),
    library("Webhooks", ["Persistence", "Documents", "ThumbwireKit", "HTTP", "Signing"]),
    library("BuiltinPlugins", ["ThumbwireKit", "Imaging", "HTTP"]),

    library(
        "API",
        [
            "Engine", "Webhooks", "BuiltinPlugins", "Persistence", "Documents", "Signing", "HTTP", "Imaging",
            "ThumbwireKit",
        ]),
    library(
        "ThumbwireService",
        [
            "API", "Engine", "Webhooks", "BuiltinPlugins", "SQLiteStore", "Persistence", "Documents",
            "Signing", "HTTP",
            "Imaging", "ThumbwireKit",
        ]),
    .executableTarget(
        name: "thumbwire",
        dependencies: ["ThumbwireService", "Documents", "HTTP", "Signing", "ThumbwireKit"],
        swiftSettings: rules),
]

let testTargets: [Target] = [
    .target(
        name: "TestSupport",
        dependencies: ["ThumbwireKit", "Persistence", "Documents", "Signing", "HTTP"],
        path: "Tests/TestSupport", swiftSettings: rules),
    tests("ThumbwireKitTests", ["ThumbwireKit"]),
    tests("DocumentsTests", ["Documents", "ThumbwireKit"]),
    tests("HTTPTests", ["HTTP", "CSystem"], settings: sharedHeaderRules),
    tests("ImagingTests", ["Imaging", "ThumbwireKit"]),
    tests("SigningTests", ["Signing"]),
    tests(
        "SQLiteStoreTests",
        ["SQLiteStore", "Persistence", "Documents", "ThumbwireKit", "Signing", "TestSupport", "CSQLite"]),
    tests(
        "EngineTests",
        ["Engine", "SQLiteStore", "Persistence", "Documents", "ThumbwireKit", "TestSupport"]),
    tests(
        "WebhooksTests",
        [
            "Webhooks", "SQLiteStore", "Persistence", "Documents", "HTTP", "Signing", "ThumbwireKit",
            "TestSupport",
        ]),
    tests(
        "BuiltinPluginsTests",
        ["BuiltinPlugins", "ThumbwireService", "HTTP", "Imaging", "ThumbwireKit", "TestSupport"]),
    tests(
        "APITests",
        [
            "API", "Engine", "SQLiteStore", "Persistence", "Documents", "HTTP", "Imaging", "Signing",
            "ThumbwireKit", "Webhooks", "TestSupport",
        ]),
    tests(
        "ServiceTests",
        [
            "ThumbwireService", "Engine", "SQLiteStore", "Persistence", "HTTP", "Imaging", "Signing",
            "ThumbwireKit", "TestSupport", "Webhooks", "Documents",
        ]),
    tests(
        "EndToEndTests",
        ["HTTP", "Signing", "ThumbwireKit", "Imaging", "TestSupport", "ThumbwireService", "thumbwire"]),
]

/// Run by `make bench` and `make bench-webhooks`; not part of the product.
let benchmarks: [Target] = [
    .executableTarget(
        name: "accept-floor", dependencies: ["ThumbwireKit", "CMicrohttpd"],
        path: "Benchmarks/AcceptFloor", swiftSettings: rules),
    .executableTarget(
        name: "engine-bench",
        dependencies: [
            "Engine", "SQLiteStore", "Persistence", "Documents", "ThumbwireKit", "ThumbwireService",
            "TestSupport",
        ],
        path: "Benchmarks/EngineBench", swiftSettings: rules),
    .executableTarget(
        name: "delivery-bench",
        dependencies: ["SQLiteStore", "Persistence", "ThumbwireKit", "TestSupport"],
        path: "Benchmarks/DeliveryBench", swiftSettings: rules),
]

let package = Package(
    name: "thumbwire",
    products: [
        .executable(name: "thumbwire", targets: ["thumbwire"]),
        .library(name: "ThumbwireKit", targets: ["ThumbwireKit"]),
        .library(name: "ThumbwireService", targets: ["ThumbwireService"]),
    ],
    targets: cLibraries + layers + testTargets + benchmarks,
    swiftLanguageModes: [.v6]
)
