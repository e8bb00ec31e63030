import Foundation
import Testing
import ThumbwireKit

@Suite struct CompositionSchemaTests {
    private let schema: JSONValue

    init() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("schemas/composition.json")
        schema = try JSONValue(parsing: Array(Data(contentsOf: file)))
    }

    @Test func `documents that we write match the schema`() throws {
        let checker = SchemaChecker(root: schema)

        #expect(checker.mistakes(in: fullComposition().json) == [])
        #expect(checker.mistakes(in: Composition(canvas: .init(size: .portrait)).json) == [])
    }

    @Test func `the schema describes every member that we write`() throws {
        let checker = SchemaChecker(root: schema, isClosed: true)

        #expect(checker.mistakes(in: fullComposition().json) == [])
    }

    @Test(arguments: [
        ("/schema", JSONValue.string("other/1")), ("/canvas/width", 0), ("/layers/1/strength", 2),
        ("/layers/1/blend", "dodge"), ("/layers/7/font/weight", 5), ("/layers/7/spans/0/fill", "red"),
    ])
    func `the schema and the reader refuse the same values`(pointer: String, value: JSONValue) throws {
        let path = pointer.split(separator: "/").map { String($0) }
        let spoiled = fullComposition().json.replacing(path[...], with: value)

        #expect(!SchemaChecker(root: schema).mistakes(in: spoiled).isEmpty)
        let error = #expect(throws: CompositionError.self) { try Composition(json: spoiled) }
        #expect(error?.pointer == pointer)
    }
}

extension JSONValue {
    fileprivate func replacing(_ path: ArraySlice<String>, with value: JSONValue) -> JSONValue {
        guard let first = path.first else { return value }
        if var object {
            object[first] = object[first]?.replacing(path.dropFirst(), with: value)
            return .object(object)
        }
        guard var array, let index = Int(first), array.indices.contains(index) else { return self }
        array[index] = array[index].replacing(path.dropFirst(), with: value)
        return .array(array)
    }
}
