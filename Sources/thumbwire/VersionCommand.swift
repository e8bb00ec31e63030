import ThumbwireKit

/// `thumbwire version`.
enum VersionCommand {
    static let command = Command(
        name: "version", summary: "Print the version.", options: [.flag("json", "print JSON")]
    ) { arguments in
        print(isJSON: arguments.isSet("json"))
    }

    static func print(isJSON: Bool) {
        if isJSON {
            Output.json(["version": .string(Version.current)])
        } else {
            Output.line("thumbwire \(Version.current)")
        }
    }
}

/// What this build calls itself.
enum Version {
    static let current = "0.1.0"
}
