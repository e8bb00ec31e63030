import HTTP
import Testing

@Suite struct RouterTests {
    private let router: Router = {
        var router = Router()
        router.on(.get, "/jobs", immediate: { _ in .text("list") })
        router.on(.post, "/jobs") { _ in .text("create") }
        router.on(.get, "/jobs/{id}", immediate: { .text("one \($0.parameters)") })
        router.on(.get, "/jobs/latest", immediate: { _ in .text("latest") })
        router.on(.delete, "/jobs/{job}/files/{name}", immediate: { _ in .text("delete") })
        router.on(.get, "/", immediate: { _ in .text("root") })
        return router
    }()

    private func parameters(_ method: HTTP.Method, _ path: String) -> [String: String]? {
        guard case .found(_, let parameters) = router.match(method, path: path) else { return nil }
        return parameters
    }

    private func answer(_ method: HTTP.Method, _ path: String) -> Response? {
        guard case .found(.immediate(let handler), let parameters) = router.match(method, path: path) else {
            return nil
        }
        return handler(Request(method: method, path: path, parameters: parameters))
    }

    private func text(_ response: Response?) -> String? {
        guard case .bytes(let bytes) = response?.body else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a literal segment wins over a parameter`() {
        #expect(text(answer(.get, "/jobs/latest")) == "latest")
        #expect(text(answer(.get, "/jobs/7")) == #"one ["id": "7"]"#)
    }

    @Test func `parameters are named by their own route and decoded segment by segment`() {
        #expect(parameters(.delete, "/jobs/a%2Fb/files/c%20d") == ["job": "a/b", "name": "c d"])
        #expect(parameters(.get, "/j%6Fbs/1") == ["id": "1"])
    }

    @Test(arguments: [
        "/jobs/", "/jobs//", "/jobs/..", "/jobs/%2E%2E", "/jobs/.", "/nothing", "//", "", "jobs", "/jobs/%zz",
    ])
    func `a path of no route is not found`(path: String) {
        guard case .notFound = router.match(.get, path: path) else {
            Issue.record("\(path) was found")
            return
        }
    }

    @Test func `a path without the method names the ones it has`() {
        guard case .methodNotAllowed(let allowed) = router.match(.put, path: "/jobs") else {
            Issue.record("PUT /jobs was taken")
            return
        }
        #expect(Set(allowed) == [.get, .head, .post, .options])
    }

    @Test func `routes of GET answer HEAD, and OPTIONS is answered everywhere`() {
        #expect(text(answer(.head, "/jobs")) == "list")
        #expect(answer(.options, "/jobs/1")?.status == 204)
        #expect(answer(.options, "/jobs/1")?.headers["Allow"] == "GET, HEAD, OPTIONS")
        #expect(answer(.options, "*")?.status == 204)
        #expect(text(answer(.get, "/")) == "root")
    }

    @Test func `two handlers for one route are a programmer's error`() async {
        await #expect(processExitsWith: .failure) {
            var router = Router()
            router.on(.get, "/a/{x}", immediate: { _ in Response(status: 200) })
            router.on(.get, "/a/{y}", immediate: { _ in Response(status: 200) })
        }
    }
}
