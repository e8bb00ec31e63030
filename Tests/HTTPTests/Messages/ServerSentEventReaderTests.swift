import HTTP
import Testing

@Suite struct ServerSentEventReaderTests {
    @Test(arguments: [1, 7, 1_000])
    func `a stream cut anywhere reads the same`(length: Int) throws {
        let data = Array(#"{"prompt":"größe 🎬"}"#.utf8)
        let text =
            Array("\u{FEFF}: comment\r\nid: 4\r\nevent: a\rdata: ".utf8) + data + Array("\r\n\r\n".utf8)
        let more = Array("data:x\ndata: y\n\nevent: empty\n\ndata: last".utf8)
        var reader = ServerSentEventReader(limit: 1_000)
        var events: [ServerSentEventReader.Event] = []
        let all = text + more
        for start in stride(from: 0, to: all.count, by: length) {
            events += reader.read(Array(all[start..<min(start + length, all.count)]))
        }

        #expect(
            events == [
                .init(id: "4", name: "a", data: data), .init(id: "4", name: "", data: Array("x\ny".utf8)),
            ])
        #expect(reader.finish() == .init(id: "4", name: "", data: Array("last".utf8)))
    }

    @Test func `an event beyond the limit ends the reading, not the memory`() {
        var reader = ServerSentEventReader(limit: 100)
        for _ in 0..<1_000 { #expect(reader.read(Array("data: 0123456789\n".utf8)).isEmpty) }

        #expect(reader.isOverfull)
        #expect(reader.finish() == nil)
    }

    @Test(.timeLimit(.minutes(10))) func `an event of very many lines is read in time with its length`() {
        var reader = ServerSentEventReader(limit: 8 << 20)
        let lines = Array(String(repeating: "data:\n", count: 1_000).utf8)
        for _ in 0..<1_000 { #expect(reader.read(lines).isEmpty) }

        #expect(reader.finish()?.data?.count == 999_999)
    }

    @Test(arguments: [1, 2, 7, 1_000])
    func `says at which id the stream stands, with an event and without`(size: Int) {
        let text =
            ": hi\r\nid: 1\r\nevent: a\r\ndata: x\r\ndata: y\r\n\r\ndata\n\nid: 2\rdata:z\r\revent: b\n\nid: 3\n\n"
        let bytes = Array(text.utf8)
        var reader = ServerSentEventReader(limit: 1_000)

        let events = stride(from: 0, to: bytes.count, by: size).flatMap { start in
            reader.read(Array(bytes[start..<min(bytes.count, start + size)]))
        }

        #expect(
            events == [
                .init(id: "1", name: "a", data: Array("x\ny".utf8)), .init(id: "1", name: "", data: []),
                .init(id: "2", name: "", data: Array("z".utf8)), .init(id: "3", name: "", data: nil),
            ])
    }
}
