import Testing
import ThumbwireKit

@testable import Engine

@Suite("plugins.json")
struct PluginsFileTests {
    static let valid = """
        { "version": 1, "faces": { "soke": "other" },
          "providers": { "main": { "plugin": "scripted", "config": { "apiKey": "${env:KEY}" }, "timeout": "45s" } },
          "chains": {
            "default": { "providers": ["main"], "steps": [ { "use": "stamp" } ] },
            "other": { "providers": ["main"], "steps": [
              { "use": "stamp", "if": "!template.overlay", "onError": "skip" },
              { "id": "again", "use": "stamp", "with": { "text": "x" } } ] } } }
        """

    func problems(_ text: String, environment: [String: String] = [:]) throws -> [String] {
        do {
            let document = try #require(try? JSONValue(parsing: text))
            _ = try PluginsFile(document, catalog: .testing) { environment[$0] }
            return []
        } catch let error as ConfigurationProblems {
            return error.problems.map { $0.description }
        }
    }

    @Test func `a valid file gives its chains with defaults filled in`() throws {
        let file = try PluginsFile(JSONValue(parsing: Self.valid), catalog: .testing) { _ in nil }

        let other = try #require(file.chains.last)
        #expect(other.steps.map { $0.id } == ["stamp", "again"])
        #expect(other.steps[0].configuration["text"] == "stamp")
        #expect(other.steps[0].condition == "!template.overlay")
        #expect(other.steps[0].onError == .skip)
        #expect(other.providers[0].timeout == .seconds(45))
        #expect(file.faces == [.soke: FaceSettings(chain: "other")])
    }

    @Test func `a face has a chain, a switch and a daily cap`() throws {
        let text = Self.valid.replacing(
            #""soke": "other""#,
            with: #""opus": { "chain": "other", "enabled": false, "dailyCap": 0 }, "soke": { "dailyCap": 7 }"#
        )
        let file = try PluginsFile(JSONValue(parsing: text), catalog: .testing) { _ in nil }

        #expect(
            file.faces == [
                .opus: FaceSettings(chain: "other", isEnabled: false, dailyCap: 0),
                .soke: FaceSettings(dailyCap: 7),
            ])
    }

    @Test(arguments: [
        (#"{ "chain": "othr" }"#, "faces.soke.chain: no such chain; did you mean \"other\"?"),
        (#"{ "enabled": "no" }"#, "faces.soke.enabled: expected true or false"),
        (#"{ "dailyCap": -1 }"#, "faces.soke.dailyCap: expected a number of jobs, 0 or more"),
        (#"{ "dailyCap": "9" }"#, "faces.soke.dailyCap: expected a number of jobs, 0 or more"),
        (#"{ "dailycap": 9 }"#, "faces.soke.dailycap: unknown key; did you mean \"dailyCap\"?"),
        ("7", "faces.soke: no such chain; allowed: default, other"),
    ])
    func `says what is wrong with a face`(settings: String, problem: String) throws {
        let text = Self.valid.replacing(#""soke": "other""#, with: #""soke": \#(settings)"#)

        #expect(try problems(text).contains { $0.hasPrefix(problem) })
    }

    @Test func `secrets stay references in what jobs pin`() throws {
        let file = try PluginsFile(JSONValue(parsing: Self.valid), catalog: .testing) { _ in "sk-secret" }

        #expect(file.chains[0].providers[0].configuration["apiKey"] == "${env:KEY}")
    }

    @Test func `all problems come at once, each with its path and what is allowed`() throws {
        let found = try problems(
            """
            { "version": 2, "facse": {},
              "providers": { "main": { "plugin": "scriptd" } },
              "chains": { "default": { "providers": ["mian"], "steps": [
                { "use": "stamp", "with": { "txt": "x", "failing": "yes" }, "if": "jb.title", "onError": "ignore" },
                { "use": "stamp" } ] } } }
            """)

        #expect(found.contains("version: expected 1"))
        #expect(found.contains { $0.hasPrefix("facse: unknown key; did you mean \"faces\"?") })
        #expect(
            found.contains {
                $0.hasPrefix("providers.main.plugin: no provider \"scriptd\"; did you mean \"scripted\"?")
            })
        #expect(
            found.contains {
                $0.hasPrefix(
                    "chains.default.providers[0]: no provider \"mian\" is declared; did you mean \"main\"?")
            })
        #expect(
            found.contains {
                $0.hasPrefix(
                    "chains.default.steps[0].with.txt: stamp has no such setting; did you mean \"text\"?")
            })
        #expect(
            found.contains { $0.hasPrefix("chains.default.steps[0].with.failing: expected true or false") })
        #expect(
            found.contains {
                $0.hasPrefix("chains.default.steps[0].if: \"jb\" is unknown; did you mean \"job\"?")
            })
        #expect(
            found.contains {
                $0.hasPrefix("chains.default.steps[0].onError:") && $0.contains("allowed: fail, skip")
            })
        #expect(found.contains { $0.hasPrefix("chains.default.steps[1].id: \"stamp\" is used twice") })
    }

    @Test func `a wrong provider is one problem, not one for each chain that uses it`() throws {
        let found = try problems(
            """
            { "version": 1, "providers": { "main": { "plugin": "scriptd" } },
              "chains": { "default": { "providers": ["main", "main"], "steps": [] } } }
            """)

        #expect(found.map { $0.prefix { $0 != ":" } } == ["providers.main.plugin", "chains.default.steps"])
    }

    @Test func `what the plugin alone can refuse is refused at load, with its path`() throws {
        let found = try problems(
            """
            { "version": 1, "providers": { "main": { "plugin": "scripted", "config": { "label": "impossible" } } },
              "chains": { "default": { "providers": ["main"], "steps": [ { "use": "stamp" } ] } } }
            """)

        #expect(found == ["providers.main.config.label: \"impossible\" names no script"])
    }

    @Test(arguments: [(["KEY": "x"], 1), ([:], 0), (["KEY": ""], 0)])
    func `if-configured enables a provider when its environment is there`(
        environment: [String: String], count: Int
    ) throws {
        let text = """
            { "version": 1, "providers": {
                "keyed": { "plugin": "scripted", "config": { "apiKey": "${env:KEY}" }, "enabled": "if-configured" },
                "free": { "plugin": "scripted" } },
              "chains": { "default": { "providers": ["keyed", "free"], "steps": [ { "use": "stamp" } ] } } }
            """

        let file = try PluginsFile(JSONValue(parsing: text), catalog: .testing) { environment[$0] }

        #expect(file.chains[0].providers.count == count + 1)
    }

    private func chain(_ policy: String, providers: String = "\"paid\", \"free\", \"last\"") -> String {
        """
        { "version": 1, "faces": { "soke-background": "default", "opus": "default", "openai": "default" },
          "providers": { "paid": { "plugin": "billed" }, "free": { "plugin": "scripted" },
            "last": { "plugin": "resort" } },
          "chains": { "default": { "providers": [\(providers)], \(policy) "steps": [ { "use": "stamp" } ] } } }
        """
    }

    private func pinned(_ text: String) throws -> PinnedChain {
        try PluginsFile(JSONValue(parsing: text), catalog: .testing) { _ in nil }.chains[0]
    }

    @Test func `a chain says how its providers take turns`() throws {
        let chain = try pinned(
            chain(
                #""failoverOn": ["content_rejected"], "onUnknown": "resubmit", "hedge": "20s","#
                    + #""allowDoublePurchase": true,"#))

        #expect(
            chain.policy.failoverOn
                == PinnedChain.ProviderPolicy.standardFailover.union([.contentRejected]))
        #expect(chain.policy.onUnknown == .resubmit)
        #expect(chain.policy.hedge == .seconds(20))
    }

    @Test func `a last resort stands in for nobody, unless the chain wants it or there is nobody`() throws {
        let usual = try pinned(chain(""))
        let wanted = try pinned(chain(#""lastResort": true,"#, providers: #""last", "paid""#))
        let alone = try pinned(chain("", providers: #""last""#))

        #expect(usual.providers.map(\.id) == ["paid", "free"])
        #expect(wanted.providers.map(\.id) == ["paid", "last"])
        #expect(alone.providers.map(\.id) == ["last"])
    }

    @Test(arguments: [
        (#""hedge": "20s","#, "chains.default.hedge: ", "\"allowDoublePurchase\": true"),
        (#""hedge": "soon","#, "chains.default.hedge: ", "expected a duration"),
        (#""failoverOn": ["content_rejcted"],"#, "chains.default.failoverOn[0]: ", "content_rejected"),
        (#""failoverOn": ["outcome_unknown"],"#, "chains.default.failoverOn[0]: ", "onUnknown"),
        (#""failoverOn": "timeout","#, "chains.default.failoverOn: ", "expected an array"),
        (#""onUnknown": "retry","#, "chains.default.onUnknown: ", "allowed: fail, resubmit"),
        (#""lastResort": "yes","#, "chains.default.lastResort: ", "expected true or false"),
        (#""lastresort": true,"#, "chains.default.lastresort: ", "did you mean \"lastResort\"?"),
    ])
    func `a policy that cannot be followed is refused at load`(
        policy: String, path: String, words: String
    ) throws {
        let found = try problems(chain(policy))

        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(path) == true, "\(found)")
        #expect(found.first?.contains(words) == true, "\(found)")
    }

    @Test func `a hedge over free providers needs no leave`() throws {
        #expect(try problems(chain(#""hedge": "20s","#, providers: #""free", "last""#)).isEmpty)
    }

    @Test func `a file without a default chain or without an enabled provider is refused`() throws {
        let noDefault = try problems(
            """
            { "version": 1, "providers": { "a": { "plugin": "scripted" } },
              "chains": { "x": { "providers": ["a"], "steps": [ { "use": "stamp" } ] } } }
            """)
        let noProvider = try problems(
            """
            { "version": 1, "providers": { "a": { "plugin": "scripted", "enabled": false } },
              "chains": { "default": { "providers": ["a"], "steps": [ { "use": "stamp" } ] } } }
            """)

        #expect(noDefault == ["chains: a chain named \"default\" is missing"])
        #expect(
            noProvider.first?.hasPrefix("chains.default.providers: no provider of this chain is enabled")
                == true)
    }
}

@Suite("Registry")
struct RegistryTests {
    func registry(environment: [String: String] = [:]) throws -> Registry {
        try Registry(document: JSONValue(parsing: PluginsFileTests.valid), catalog: .testing) {
            environment[$0]
        }
    }

    @Test func `the request's chain wins over the face's, and the face's over default`() throws {
        let registry = try registry()

        #expect(try registry.chain(named: "default", face: .soke).name == "default")
        #expect(try registry.chain(named: nil, face: .soke).name == "other")
        #expect(try registry.chain(named: nil, face: .native).name == "default")
    }

    @Test func `an unknown chain is refused with a guess`() throws {
        let registry = try registry()

        let failure = #expect(throws: Failure.self) { try registry.chain(named: "othr", face: .native) }

        #expect(failure?.code == "chain_unknown")
        #expect(failure?.message.contains("did you mean \"other\"?") == true)
    }

    @Test func `a secret without a value fails the call and names the provider`() throws {
        let registry = try registry()
        let use = try registry.chain(named: nil, face: .native).providers[0]

        let failure = #expect(throws: Failure.self) { try registry.provider(for: use) }

        #expect(failure?.code == "provider_misconfigured")
    }

    @Test func `a job pinned to another major version fails chain_unavailable`() throws {
        let registry = try registry(environment: ["KEY": "x"])
        var use = try registry.chain(named: nil, face: .native).providers[0]
        use.major = 2

        let failure = #expect(throws: Failure.self) { try registry.provider(for: use) }

        #expect(failure?.code == "chain_unavailable")
    }
}
