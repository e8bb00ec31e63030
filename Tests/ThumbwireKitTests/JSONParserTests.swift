import Testing

@testable import ThumbwireKit

@Suite struct JSONParserTests {
    private static let accepted: [(String, JSONValue)] = [
        ("null", JSONValue.null), (" true\n", true), ("\tfalse\r", false), ("0", 0), ("-0", 0), ("12", 12),
        ("-7", -7), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", 1.5), ("-0.25", -0.25),
        ("1e3", .number(1_000)), ("1E-2", .number(0.01)), ("2.5e+1", .number(25)), ("1.0", .number(1)),
        ("\"\"", ""), ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\u{8}\u{C}\n\r\t"),
        ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"), ("\"\\uD83D\\uDE00\"", "😀"), ("\"😀é\"", "😀é"),
        ("\"\\u0000\"", "\u{0}"), ("[]", []), ("[ ]", []), ("[1,[2]]", [1, [2]]), ("{}", [:]),
        ("{ \"b\" : 1 , \"a\" : {} }", ["b": 1, "a": [:]]), ("{\"\":null}", ["": nil]),
    ]

    @Test(arguments: accepted)
    func `accepts what RFC 8259 allows`(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "True", "NaN", "Infinity", "undefined", "'a'", "+1", "01", "-01", "-", ".5", "1.",
        "1e", "1e+", "0x10", "1 2", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{a:1}", "{1:2}", "{\"a\" 1}", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"",
        "\"\n\"", "\"\t\"", "\"\u{0}\"", "\u{FEFF}{}", "// x\n1", "1 /* */", "1e999", "-1e999", "[1}",
        "{\"a\":1]",
        "\u{A0}1", "\u{B}1",
    ])
    func `refuses what RFC 8259 does not allow`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test(arguments: [
        "\"\\uD83D\"", "\"\\uDE00\"", "\"\\uDE00\\uD83D\"", "\"\\uD83Dx\"", "\"\\uD83D\\n\"",
        "\"\\uD83D\\uD83D\"", "\"\\uD83D\\u0041\"",
    ])
    func `refuses a surrogate without its other half`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test(
        arguments: [[0xFF], [0xC3, 0x28], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]]
            as [[UInt8]])
    func `refuses a string that is not UTF-8`(inner: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22] + inner + [0x22]) }
    }

    @Test(arguments: [
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"\\u0061\":3}", "[{\"x\":{\"y\":1,\"y\":1}}]",
    ])
    func `refuses duplicate names, also where one is escaped`(text: String) {
        #expect {
            try JSONValue(parsing: text)
        } throws: { error in
            (error as? JSONSyntaxError)?.reason.hasPrefix("duplicate name") == true
        }
    }

    @Test(arguments: [1, 15, 16, 17, 40])
    func `refuses duplicate names in objects of any size`(count: Int) throws {
        let members = (0..<count).map { "\"name\($0)\":\($0)" }
        let object = try #require(JSONValue(parsing: "{\(members.joined(separator: ","))}").object)

        #expect(object.names == (0..<count).map { "name\($0)" })
        for repeated in Set([0, count / 2, count - 1]) {
            let text = "{\((members + ["\"name\(repeated)\":0"]).joined(separator: ","))}"
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        }
    }

    @Test(
        arguments: [
            (.string(""), "\"\""), (.string("\""), #""\"""#), (.string("a\\b\"c"), #""a\\b\"c""#),
            (.string("\u{0}\u{1F}\n\r\t\u{7F}é😀"), "\"\\u0000\\u001f\\n\\r\\t\u{7F}é😀\""),
            (
                .string(String(repeating: "x", count: 5_000) + "\n"),
                "\"" + String(repeating: "x", count: 5_000) + #"\n""#
            ),
            (.integer(.min), "-9223372036854775808"), (.integer(.max), "9223372036854775807"),
            (.integer(0), "0"),
            (.integer(-10), "-10"), (.number(.infinity), "null"), (.number(0.5), "0.5"),
            (["a": [true, false, nil], "b": [:]], #"{"a":[true,false,null],"b":{}}"#),
        ] as [(JSONValue, String)])
    func `writes compact text`(value: JSONValue, text: String) {
        #expect(String(decoding: value.serialized(), as: UTF8.self) == text)
    }

    @Test func `goes 64 levels deep and no deeper`() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }

        _ = try JSONValue(parsing: nested(64))
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: nested(65)) }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: String(repeating: "{\"a\":[", count: 100_000))
        }
    }

    @Test func `names the byte where it stopped`() {
        #expect(throws: JSONSyntaxError(reason: "expected ',' or ']'", offset: 4)) {
            try JSONValue(parsing: "[1  2]")
        }
        #expect(throws: JSONSyntaxError(reason: "duplicate name \"a\"", offset: 7)) {
            try JSONValue(parsing: "{\"a\":1,\"a\":2}")
        }
    }

    @Test func `keeps the order of members and writes the same bytes again`() throws {
        let text = #"{"z":1,"a":[true,null,-2.5,"é\n\"\\\u0001"],"m":{"y":{},"x":[]}}"#

        let value = try JSONValue(parsing: text)

        #expect(value.object?.names == ["z", "a", "m"])
        #expect(String(decoding: value.serialized(), as: UTF8.self) == text)
        #expect(try JSONValue(parsing: value.prettyPrinted()) == value)
    }
}
