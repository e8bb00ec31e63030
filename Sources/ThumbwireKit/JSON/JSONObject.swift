/// The members of a JSON object in the order of the document.
///
/// Look-up is linear: wire objects are small, and order makes documents readable and their bytes repeatable.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One name with its value.
    public struct Member: Sendable, Hashable {
        /// The member's name.
        public var name: String
        /// The member's value.
        public var value: JSONValue
    }

    /// The members in order; names are unique.
    public private(set) var members: [Member] = []

    /// An object of these members; of a repeated name the last value stays, at the first one's place.
    public init(_ members: [(String, JSONValue)] = []) {
        self.members.reserveCapacity(members.count)
        for (name, value) in members {
            self[name] = value
        }
    }

    /// An object of those members that have a value; their names are different.
    public init(present members: [(String, JSONValue?)]) {
        self.members.reserveCapacity(members.count)
        for case (let name, let value?) in members { appendNew(name, value) }
    }

    /// An object as a literal, in the order it is written.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }

    /// The value of that name; setting keeps a known name's place, appends a new one, and `nil` removes it.
    public subscript(name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// True when there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The names in order.
    public var names: [String] { members.map { $0.name } }

    /// Adds a member whose name is known to be new, without the look-up of the subscript.
    mutating func appendNew(_ name: String, _ value: JSONValue) {
        assert(self[name] == nil, "the name \(name) is there twice")
        members.append(Member(name: name, value: value))
    }
}
