import Documents
import Foundation
import TestSupport
import Testing
import ThumbwireKit

@testable import ThumbwireService

@Suite struct EndpointsFileTests {
    @Test func `variables stand in URLs, secrets, headers and authorization`() throws {
        let file = try read(
            """
            {"endpoints":[{"url":"${env:URL}","secret":"${env:SECRET}","headers":{"X-A":"${env:A}","X-B":"b"},
              "authorization":{"type":"bearer","token":"${env:A}"},"description":"plain"}]}
            """,
            ["URL": "https://example.com/x", "SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "A": "aaa"])

        let request = try #require(file.entries.first?.request)
        #expect(request.url == "https://example.com/x")
        #expect(request.options.secret == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        #expect(request.options.headers?.map(\.value) == ["aaa", "b"])
        #expect(request.options.authorization == .bearer(token: "aaa"))
    }

    @Test func `all that is wrong is said at once, with its place`() {
        let problems = problems(
            """
            {"endpoint":[],"endpoints":[
              {"url":"${env:URL}","secret":"${env:SECRET}","headers":{"X-A":"Bearer ${env:A}"},
               "description":"${env:A}"},
              {"events":["thumbnail.complete"],"handshake":"cloudevents","account":7},
              3
            ]}
            """, ["A": "hush-hush"])

        for expected in [
            "FILE: endpoint: is not a member; did you mean",
            "FILE: endpoints[0].url: the environment variable URL is not set",
            "FILE: endpoints[0].secret: the environment variable SECRET is not set",
            "FILE: endpoints[0].headers.X-A: has a variable in it; ${env:NAME} must be all of it",
            "FILE: endpoints[0].description: has a variable; they are for url, secret, headers",
            "FILE: endpoints[1].url: is required", "FILE: endpoints[1].events[0]: is \"thumbnail.complete\"",
            "FILE: endpoints[1].handshake: is not for this file",
            "FILE: endpoints[1].account: is number, expected a string",
            "FILE: endpoints[2]: is number, expected an object",
        ] {
            #expect(problems.contains { $0.hasPrefix(expected) }, "\(expected) in \(problems)")
        }
        #expect(problems.count == 10)
        #expect(!problems.joined().contains("hush-hush"))
    }

    @Test(arguments: [
        (#"{"endpoints":"#, "FILE: not JSON"), ("[]", "FILE: is array, expected an object"),
        ("{}", "FILE: endpoints: is missing"),
        (#"{"endpoints":{}}"#, "FILE: endpoints: is object, expected an array"),
    ])
    func `a file that is something else is refused`(_ text: String, _ expected: String) {
        #expect(problems(text).first?.hasPrefix(expected) == true, "\(problems(text))")
    }

    @Test func `a file that is not there is named with its option`() {
        let error = #expect(throws: ServiceError.self) { try EndpointsFile(path: "/none") { _ in nil } }
        #expect(error?.description == "--webhooks: cannot read /none")
    }

    private func read(_ text: String, _ variables: [String: String] = [:]) throws -> EndpointsFile {
        let folder = try TemporaryFolder()
        let path = folder.path + "/endpoints.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        do throws(ServiceError) {
            return try EndpointsFile(path: path) { variables[$0] }
        } catch {
            throw ServiceError(error.description.replacing(path, with: "FILE"))
        }
    }

    private func problems(_ text: String, _ variables: [String: String] = [:]) -> [String] {
        do {
            _ = try read(text, variables)
            return []
        } catch {
            return "\(error)".split(separator: "\n").map(String.init)
        }
    }
}
