import Testing

@testable import thumbwire

/// The parts of the command line that read text, without a process.
@Suite struct CommandLineParsers {
    private static let command = Command(
        name: "x", summary: "x", operands: [.init(name: "ID", isOptional: true)],
        options: [
            OptionSpec.value("title", "TEXT", "a title").orEnvironment(), .list("allow", "HOST", "hosts"),
            .value("wait", "TIME", "a time"), .flag("json", "print JSON"),
        ])

    private func parse(_ words: String..., environment: [String: String] = [:]) throws -> Arguments {
        try Arguments(words, for: Self.command, environment: environment)
    }

    @Test func `reads values in both forms, lists, switches and operands`() throws {
        let arguments = try parse("--title=a=b", "--allow", "x,y", "id1", "--allow", "z", "--json")

        #expect(arguments.value("title") == "a=b")
        #expect(arguments.list("allow") == ["x", "y", "z"])
        #expect(arguments.isSet("json"))
        #expect(arguments.operands == ["id1"])
    }

    @Test func `takes everything behind two dashes as operands`() throws {
        #expect(try parse("--", "--title").operands == ["--title"])
    }

    @Test func `prefers the option to its environment variable`() throws {
        let environment = ["THUMBWIRE_TITLE": "from outside", "THUMBWIRE_WAIT": "9"]

        #expect(try parse("--title", "given", environment: environment).value("title") == "given")
        #expect(try parse(environment: environment).value("title") == "from outside")
        #expect(try parse(environment: environment).value("wait") == nil)
    }

    @Test(arguments: [
        ("90", Duration.seconds(90)), ("90s", .seconds(90)), ("500ms", .milliseconds(500)),
        ("5m", .seconds(300)), ("2h", .seconds(7_200)), ("1d", .seconds(86_400)),
    ])
    func `reads times`(_ text: String, _ expected: Duration) throws {
        #expect(try parse("--wait", text).duration("wait") == expected)
    }

    @Test(arguments: ["", "s", "-5", "5 m", "1w", "99999999999999999999"])
    func `refuses what is no time`(_ text: String) throws {
        let arguments = try parse("--wait=\(text)")

        #expect(throws: UsageError.self) { try arguments.duration("wait") }
    }

    @Test func `refuses a value given twice, a switch with a value and a second operand`() {
        #expect(throws: UsageError.self) { try parse("--title", "a", "--title", "b") }
        #expect(throws: UsageError.self) { try parse("--json=yes") }
        #expect(throws: UsageError.self) { try parse("a", "b") }
    }

    @Test func `keeps terminals from being controlled`() {
        #expect("a\u{1B}[2Jb\n".printable == "a\u{FFFD}[2Jb\u{FFFD}")
    }
}
