/// A header that a receiver asked for, sent with every attempt. Its value is a secret.
package struct CustomHeader: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
