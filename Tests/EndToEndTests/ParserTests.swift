import Testing

@testable import thumbwire

/// The parts of the command line that read text, without a process.
@Suite struct CommandLineParsers {
    private static let command = Command(
        name: "x", summary: "x", operands: [.init(name: "ID", isOptional: true)],
        options: [
            OptionSpec.value("title", "TEXT", "a title").orEnvironment(), .list("allow", "HOST", "hosts"),
            .value("wait", "TIME", "a time"), .flag("json", "print JSON"),
            .value("retain", "TIME", "a life"), .value("max", "SIZE", "a size"),
            .value("free", "SPACE", "room"),
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

    @Test(
        arguments: [
            ("90d", Duration.seconds(7_776_000)), ("12h", .seconds(43_200)), ("30m", .seconds(1_800)),
            ("45s", .seconds(45)), ("forever", nil),
        ] as [(String, Duration?)])
    func `reads how long something is kept`(_ text: String, _ expected: Duration?) throws {
        #expect(try parse("--retain", text).life("retain") == .some(expected))
        #expect(try parse().life("retain") == nil)
    }

    @Test(arguments: ["", "90", "0d", "1w", "-1d", "1.5h", "d", "Forever", "9999999999d"])
    func `refuses what is no life, and says what is`(_ text: String) throws {
        let arguments = try parse("--retain=\(text)")

        let error = #expect(throws: UsageError.self) { try arguments.life("retain") }
        for form in ["90d", "12h", "30m", "45s", "forever"] {
            #expect(String(describing: error).contains(form))
        }
    }

    @Test(
        arguments: [
            ("500MB", 500_000_000), ("20GiB", 20 << 30), ("1KB", 1_000), ("2TiB", 2 << 40), ("7B", 7),
        ] as [(String, Int64)])
    func `reads sizes`(_ text: String, _ expected: Int64) throws {
        #expect(try parse("--max", text).size("max") == expected)
    }

    @Test(arguments: ["", "5", "0MB", "1.5GB", "5mb", "-1MB", "99999999999TiB", "GB"])
    func `refuses what is no size, and says what is`(_ text: String) throws {
        let arguments = try parse("--max=\(text)")

        let error = #expect(throws: UsageError.self) { try arguments.size("max") }
        #expect(String(describing: error).contains("500MB or 20GiB"))
    }

    @Test(
        arguments: [
            ("5%", 5, nil), ("2GiB", nil, 2 << 30), ("5%,4GiB", 5, 4 << 30), ("4GiB,5%", 5, 4 << 30),
            ("0", nil, 0),
        ] as [(String, Int?, Int64?)])
    func `reads what has to stay free`(_ text: String, _ percent: Int?, _ bytes: Int64?) throws {
        let free = try #require(try parse("--free", text).freeSpace("free"))

        #expect(free.percent == percent)
        #expect(free.bytes == bytes)
    }

    @Test(arguments: ["100%", "5", "5%,6%", "1GB,2GB", "%", "all"])
    func `refuses what is no room`(_ text: String) throws {
        let arguments = try parse("--free=\(text)")

        #expect(throws: UsageError.self) { try arguments.freeSpace("free") }
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
