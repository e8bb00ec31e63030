/// One word of the command line with what may follow it.
struct Command: Sendable {
    /// A word without a name, such as a job's id.
    struct Operand: Sendable {
        let name: String
        var isOptional = false
    }

    let name: String
    let summary: String
    /// Further lines of the command's own help.
    var details: String?
    var operands: [Operand] = []
    var options: [OptionSpec] = []
    /// Words that may follow; a command has either these or `run`.
    var subcommands: [Command] = []
    var run: (@Sendable (Arguments) async throws -> Void)?
}

/// One named option of a command.
struct OptionSpec: Sendable {
    let name: String
    /// What stands for the value in help; `nil` makes it a switch.
    let placeholder: String?
    let help: String
    var isRepeatable = false
    /// Whether `THUMBWIRE_<NAME>` gives the value where the option is absent.
    var readsEnvironment = false

    static func value(_ name: String, _ placeholder: String, _ help: String) -> OptionSpec {
        OptionSpec(name: name, placeholder: placeholder, help: help)
    }

    /// A value that may be given several times, and with commas.
    static func list(_ name: String, _ placeholder: String, _ help: String) -> OptionSpec {
        OptionSpec(name: name, placeholder: placeholder, help: help, isRepeatable: true)
    }

    static func flag(_ name: String, _ help: String) -> OptionSpec {
        OptionSpec(name: name, placeholder: nil, help: help)
    }

    /// The same option with its environment variable.
    func orEnvironment() -> OptionSpec {
        var option = self
        option.readsEnvironment = true
        return option
    }

    var environmentName: String {
        "THUMBWIRE_" + name.uppercased().replacing("-", with: "_")
    }
}
