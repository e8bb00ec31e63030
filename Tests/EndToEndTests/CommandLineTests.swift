import Foundation
import HTTP
import Imaging
import TestSupport
import Testing
import ThumbwireKit

extension EndToEnd {
    @Suite struct Generate {
        @Test func `makes a picture without a server`() async throws {
            let folder = try TemporaryFolder()
            let path = folder.path + "/out.jpg"

            let tool = try ToolProcess(
                [
                    "generate", "--title", "Local", "--layout", "TextLeft", "--resolution", "1080x1920",
                    "--output", path,
                ], in: folder.path)
            let code = try await tool.exit()

            #expect(code == 0, "\(tool.standardError)")
            #expect(tool.standardOutput == path + "\n")
            let file = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(try ImageDecoder.probe([UInt8](file)).size == PixelSize(width: 1080, height: 1920))
            #expect(tool.standardError.contains("100% completed"))
        }

        @Test func `makes pictures at a server and prints the job as JSON`() async throws {
            let service = try await RunningService.start()
            let folder = try TemporaryFolder()

            let tool = try ToolProcess([
                "generate", "--server", service.url, "--key", RunningService.key, "--title", "Remote",
                "--variants", "2", "--output", folder.path, "--json",
            ])
            let code = try await tool.exit()

            #expect(code == 0, "\(tool.standardError)")
            let job = try JSONValue(parsing: tool.standardOutput.trimmingCharacters(in: .newlines))
            let files = job["files"]?.array?.compactMap(\.string) ?? []
            #expect(job["status"] == "completed")
            #expect(files.count == 2)
            #expect(files.allSatisfy { FileManager.default.fileExists(atPath: $0) })
        }

        @Test func `ends with 1 and the reason when the job fails`() async throws {
            let tool = try ToolProcess([
                "generate", "--title", "x", "--source-image", "http://127.0.0.1:9/none.jpg",
                "--allow-private-sources", "127.0.0.1",
            ])
            let code = try await tool.exit()

            #expect(code == 1)
            #expect(tool.standardError.contains("source_image_unreachable"), "\(tool.standardError)")
        }
    }

    @Suite struct CommandLineUse {
        @Test(arguments: [
            [], ["serve"], ["generate"], ["listen"], ["jobs"], ["jobs", "list"], ["jobs", "get"],
            ["jobs", "cancel"], ["webhooks"], ["webhooks", "create"], ["webhooks", "deliveries"],
            ["webhooks", "recover"],
            ["webhooks", "rotate-secret"], ["events"], ["events", "list"], ["events", "resend"],
            ["deliveries"], ["deliveries", "show"], ["keys"],
            ["keys", "create"], ["plugins"], ["plugins", "list"], ["plugins", "check"], ["version"],
        ])
        func `explains every command`(_ words: [String]) async throws {
            let tool = try ToolProcess(words + ["--help"])
            let code = try await tool.exit()

            #expect(code == 0)
            let path = (["thumbwire"] + words).joined(separator: " ")
            #expect(tool.standardOutput.contains("Usage: \(path)"))
        }

        @Test(arguments: [
            ([], "command is missing"), (["sevre"], "did you mean serve?"),
            (["serve", "--lisen", "x"], "did you mean --listen?"), (["serve", "--listen"], "needs a value"),
            (["serve", "--listen", "8080"], "expected ADDRESS:PORT"),
            (["serve", "--listen", "nowhere:8080"], "expected ADDRESS:PORT"),
            (["serve", "--listen", "127.0.0.1:99999"], "expected ADDRESS:PORT"),
            (["generate"], "--title"), (["generate", "--title", "a", "--variants", "99"], "1 to 10"),
            (["jobs", "get"], "missing argument ID"), (["listen"], "--secret"),
            (["listen", "--secret", "abc"], "whsec_"), (["keys", "create"], "--name"),
            (
                ["listen", "--key", "k", "--events", "thumbnail.complete"],
                "did you mean thumbnail.completed?"
            ),
            (["listen", "--key", "k", "--since", "yesterday"], "--since must be a moment"),
            (["listen", "--port", "0", "--secret", "x", "--state", "f"], "--state is for the event stream"),
            (["listen", "--key", "k", "--resend", "evt_1"], "--forward-to is required"),
            (["listen", "--key", "k", "--max-silence", "0s"], "--max-silence must be longer than 0 s"),
            (["events", "resend", "evt_1"], "--forward-to is required"),
            (["webhooks", "create"], "--url is required"),
            (["webhooks", "create", "--url", "http://a", "--header", "s3cret"], "NAME:VALUE"),
            (["webhooks", "recover", "ep_1"], "--since is required"),
            (["webhooks", "recover", "ep_1", "--since", "1h", "--scope", "x"], "failed or missing or all"),
            (["jobs", "list", "--server", "nowhere"], "--server: url is invalid"),
            (
                ["listen", "--server", "http://127.0.0.1:9", "--key", "k", "--forward-to", "x"],
                "--forward-to"
            ),
        ])
        func `ends with 2 and says what is wrong with its use`(_ words: [String], _ hint: String) async throws
        {
            let tool = try ToolProcess(words)
            let code = try await tool.exit()

            #expect(code == 2, "\(tool.standardError)")
            #expect(tool.standardError.contains(hint), "\(tool.standardError)")
            #expect(tool.standardOutput.isEmpty)
        }

        @Test(arguments: [
            (["--public-url", "not a url"], "", "--public-url"),
            (["--public-url", "ftp://example.com"], "", "http or https"),
            (["--public-url", "https://example.com/a?b"], "", "no query"),
            ([], "two words", "THUMBWIRE_ADMIN_KEY"), ([], "line\nfeed", "THUMBWIRE_ADMIN_KEY"),
        ])
        func `refuses to serve with settings that could not work`(
            _ words: [String], _ key: String, _ hint: String
        ) async throws {
            let folder = try TemporaryFolder()

            let tool = try ToolProcess(
                ["serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data"] + words,
                environment: ["THUMBWIRE_ADMIN_KEY": key])
            let code = try await tool.exit()

            #expect(code == 1)
            #expect(tool.standardError.contains(hint), "\(tool.standardError)")
            #expect(tool.standardOutput.isEmpty)
        }

        @Test func `says in plain words where a picture cannot be written`() async throws {
            let path = "/nowhere/at/all.jpg"

            let tool = try ToolProcess([
                "generate", "--title", "x", "--resolution", "64x64", "--output", path,
            ])
            let code = try await tool.exit()

            #expect(code == 1)
            #expect(tool.standardError.contains("cannot write \(path): "), "\(tool.standardError)")
            #expect(!tool.standardError.contains("NSPOSIXErrorDomain"))
        }

        @Test func `manages keys, endpoints and jobs at a server`() async throws {
            let service = try await RunningService.startForLoopback()

            let key = try await service.json(["keys", "create", "--name", "app"])
            let endpoint = try await service.json(["webhooks", "create", "--url", "http://127.0.0.1:9/x"])
            let job = try await service.post("/v1/jobs?wait=55", .job("Listed"))
            let jobs = try await service.json(["jobs", "list"])
            let shown = try await service.json(["jobs", "get", try #require(job.json["id"]?.string)])
            let plugins = try await service.json(["plugins", "list"])
            let keyID = try #require(key["id"]?.string)
            let revoked = try await service.json(["keys", "revoke", keyID])

            #expect(key["key"]?.string?.isEmpty == false)
            #expect(endpoint["secret"]?.string?.hasPrefix("whsec_") == true)
            #expect(jobs["data"]?.array?.first?["id"] == job.json["id"])
            #expect(shown["status"] == "completed")
            #expect(plugins["data"]?.array?.contains { $0["id"] == "studio" } == true)
            #expect(revoked["revoked"] == true)
        }

        @Test func `imports a key from a file, with its limits`() async throws {
            let service = try await RunningService.startForLoopback()
            let folder = try TemporaryFolder()
            let value = "sk_live_0123456789abcdef"
            let path = "\(folder.path)/key"
            try "\(value)\n".write(toFile: path, atomically: true, encoding: .utf8)

            let key = try await service.json(
                [
                    "keys", "create", "--name", "old client", "--value-file", path, "--credit-cap", "40",
                    "--requests-per-minute", "60",
                ])

            #expect(key["key"]?.string == value)
            #expect(key["creditCap"] == 40)
            #expect(key["requestsPerMinute"] == 60)
        }

        @Test func `checks a plugins file and names what is wrong by its path`() async throws {
            let folder = try TemporaryFolder()
            let path = folder.path + "/plugins.json"
            try Data(#"{"version":1,"providers":{"studio":{"plugin":"stduio"}},"chains":{}}"#.utf8)
                .write(to: URL(fileURLWithPath: path))

            let tool = try ToolProcess(["plugins", "check", path])
            let code = try await tool.exit()

            #expect(code == 1)
            #expect(tool.standardError.contains("studio"), "\(tool.standardError)")
        }
    }
}
