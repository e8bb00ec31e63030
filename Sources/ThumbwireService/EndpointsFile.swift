internal import Documents
internal import Foundation
internal import ThumbwireKit

/// The file of `serve --webhooks`: standing endpoints, as `POST /v1/webhook-endpoints` takes them.
struct EndpointsFile: Sendable {
    /// One endpoint.
    struct Entry: Sendable {
        /// Where it stands in the file, such as `endpoints[0]`.
        var place: String
        /// The name or id of its account; `nil` is the first one.
        var account: String?
        /// The endpoint that it is about, whatever its URL; `nil` finds that by the URL.
        var id: EndpointID?
        var request: EndpointRequest
    }

    let path: String
    let entries: [Entry]

    /// Reads the file, with variables of the environment in their places. Throws everything that is wrong with it, a
    /// line for each problem.
    init(path: String, environment: @escaping (String) -> String?) throws(ServiceError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ServiceError("--webhooks: cannot read \(path)")
        }
        let document: JSONValue
        do throws(JSONSyntaxError) {
            document = try JSONValue(parsing: Array(data))
        } catch {
            throw ServiceError("\(path): not JSON: \(error)")
        }
        var problems = EndpointsFileProblems(path: path)
        let elements = Self.elements(of: document, &problems)
        var entries: [Entry] = []
        for (index, element) in elements.enumerated() {
            let place = "endpoints[\(index)]"
            if let entry = Self.entry(element, at: place, environment, &problems) { entries.append(entry) }
        }
        try problems.check()
        self.path = path
        self.entries = entries
    }

    private static func elements(
        of document: JSONValue, _ problems: inout EndpointsFileProblems
    ) -> [JSONValue] {
        guard let object = document.object else {
            problems.add("", "is \(document.kindName), expected an object")
            return []
        }
        for name in object.names where !["$schema", "endpoints"].contains(name) {
            problems.add(name, "is not a member; \(suggestion(for: name, among: ["endpoints"]))")
        }
        guard let value = object["endpoints"] else {
            problems.add("endpoints", "is missing: an array of endpoints")
            return []
        }
        guard let elements = value.array else {
            problems.add("endpoints", "is \(value.kindName), expected an array")
            return []
        }
        return elements
    }

    private static func entry(
        _ element: JSONValue, at place: String, _ environment: @escaping (String) -> String?,
        _ problems: inout EndpointsFileProblems
    ) -> Entry? {
        guard var object = element.object else {
            problems.add(place, "is \(element.kindName), expected an object")
            return nil
        }
        let account = text("account", of: &object, at: place, &problems)
        let id = text("id", of: &object, at: place, &problems)
        if object["handshake"] != nil {
            problems.add("\(place).handshake", "is not for this file: its endpoints are the operator's own")
            object["handshake"] = nil
        }
        var variables = EnvironmentVariables(environment: environment)
        let resolved = variables.resolve(object)
        for problem in variables.problems { problems.add(place, problem) }
        do throws(Problem) {
            // One whose time is over is no mistake: nobody edits the file on that day.
            let request = try EndpointRequest(.object(resolved), now: Timestamp(microseconds: 0))
            return Entry(
                place: place, account: account, id: id.map(EndpointID.init(rawValue:)), request: request)
        } catch {
            for problem in error.errors { problems.add(place, problem) }
            return nil
        }
    }

    /// Takes a member out that the API does not have.
    private static func text(
        _ name: String, of object: inout JSONObject, at place: String,
        _ problems: inout EndpointsFileProblems
    ) -> String? {
        guard let value = object[name] else { return nil }
        object[name] = nil
        if value.string == nil {
            problems.add("\(place).\(name)", "is \(value.kindName), expected a string")
        }
        return value.string
    }
}

/// What is wrong with a file of endpoints, each with its place.
struct EndpointsFileProblems {
    let path: String
    private var lines: [String] = []

    init(path: String) {
        self.path = path
    }

    mutating func add(_ place: String, _ detail: String) {
        lines.append("\(path): " + (place.isEmpty ? detail : "\(place): \(detail)"))
    }

    /// The pointer of the error leads on from the place.
    mutating func add(_ place: String, _ error: FieldError) {
        var place = place
        for segment in error.pointer.split(separator: "/") {
            place +=
                segment.allSatisfy(\.isNumber)
                ? "[\(segment)]" : "." + segment.replacing("~1", with: "/").replacing("~0", with: "~")
        }
        add(place, error.detail)
    }

    /// Throws them all, if there are any.
    func check() throws(ServiceError) {
        guard lines.isEmpty else { throw ServiceError(lines.joined(separator: "\n")) }
    }
}

/// Puts values of the environment in the places of `${env:NAME}`, where an endpoint keeps what must not stand in a
/// file.
private struct EnvironmentVariables {
    private static let texts = ["url", "targetUrl", "secret"]
    private static let objects = ["headers", "authorization"]
    /// Well formed and nowhere, so that nothing else is wrong with an entry whose URL is not known.
    private static let unknownURL = JSONValue.string("https://unknown.invalid/")

    let environment: (String) -> String?
    private(set) var problems: [FieldError] = []

    init(environment: @escaping (String) -> String?) {
        self.environment = environment
    }

    /// What has no value is left out, after it was noted.
    mutating func resolve(_ entry: JSONObject) -> JSONObject {
        var entry = entry
        for member in entry.members {
            let name = member.name
            if Self.texts.contains(name) {
                let value = resolve(member.value, at: "/\(name)")
                entry[name] = value ?? (name == "secret" ? JSONValue?.none : Self.unknownURL)
            } else if Self.objects.contains(name), let inner = member.value.object {
                entry[name] = resolve(inner, at: "/\(name)").map { .object($0) }
            } else if Self.mentionsVariable(member.value) {
                problems.append(
                    FieldError(
                        pointer: "/\(name)",
                        detail: "has a variable; they are for url, secret, headers and authorization"))
                entry[name] = nil
            }
        }
        return entry
    }

    /// `nil` where a value is missing.
    private mutating func resolve(_ object: JSONObject, at pointer: String) -> JSONObject? {
        var (resolved, isWhole) = (object, true)
        for member in object.members {
            let name = member.name.replacing("~", with: "~0").replacing("/", with: "~1")
            let value = resolve(member.value, at: "\(pointer)/\(name)")
            isWhole = isWhole && value != nil
            resolved[member.name] = value
        }
        return isWhole ? resolved : nil
    }

    private mutating func resolve(_ value: JSONValue, at pointer: String) -> JSONValue? {
        guard let text = value.string, text.contains("${env:") else { return value }
        guard text.hasPrefix("${env:"), text.hasSuffix("}"), !text.dropFirst(6).dropLast().contains("}")
        else {
            problems.append(
                FieldError(pointer: pointer, detail: "has a variable in it; ${env:NAME} must be all of it"))
            return nil
        }
        let name = String(text.dropFirst(6).dropLast())
        guard let found = environment(name) else {
            problems.append(
                FieldError(pointer: pointer, detail: "the environment variable \(name) is not set"))
            return nil
        }
        return .string(found)
    }

    private static func mentionsVariable(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): text.contains("${env:")
        case .array(let elements): elements.contains(where: mentionsVariable)
        case .object(let object): object.members.contains { mentionsVariable($0.value) }
        case .null, .bool, .integer, .number: false
        }
    }
}
