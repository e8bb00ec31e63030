/// What an administrator settles for one face in `plugins.json`: `"opus": "variants"`, or
/// `"opus": {"chain": "variants", "enabled": false, "dailyCap": 100}`.
package struct FaceSettings: Hashable, Sendable {
    /// The chain of its jobs; `nil` is `default`.
    package var chain: String?
    /// False refuses new jobs; those there are go on and can be read.
    package var isEnabled: Bool
    /// The most jobs that an account may make through it in a day of UTC; `nil` is no limit.
    package var dailyCap: Int?

    package init(chain: String? = nil, isEnabled: Bool = true, dailyCap: Int? = nil) {
        self.chain = chain
        self.isEnabled = isEnabled
        self.dailyCap = dailyCap
    }
}
