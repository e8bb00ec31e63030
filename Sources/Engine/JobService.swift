package import Persistence
package import Signing
package import ThumbwireKit

/// What a face hands over once a request is understood.
package struct Submission: Sendable {
    /// A callback with what documents may show of it.
    package struct Callback: Sendable {
        package var sealed: Sealed
        package var summary: Job.CallbackSummary

        package init(sealed: Sealed, summary: Job.CallbackSummary) {
            self.sealed = sealed
            self.summary = summary
        }
    }

    package var account: AccountID
    package var face: Face
    package var request: ThumbnailRequest
    /// `nil` starts a session of its own.
    package var session: String?
    /// The chain by name; `nil` leaves it to the face.
    package var chain: String?
    package var metadata: JSONObject = [:]
    package var callback: Callback?
    package var priority = 0
    /// From acceptance to the last moment for a result; `nil` is the service's default.
    package var deadline: Duration?

    package init(account: AccountID, face: Face, request: ThumbnailRequest) {
        self.account = account
        self.face = face
        self.request = request
    }
}

/// The engine as the faces see it.
package protocol JobService: Sendable {
    /// Accepts a job durably. Throws ``Failure`` with `chain_unknown` or `draining`, or the store's error.
    func submit(_ submission: Submission) async throws -> Job
    func cancel(_ id: JobID, of account: AccountID) async throws -> CancelOutcome
    /// The manifests of all installed plugins, in the order they are listed.
    func plugins() -> [PluginManifest]
    /// The names of all chains, in the order of the file.
    func chainNames() -> [String]
    /// False while draining.
    var isAccepting: Bool { get }
}
