import Persistence
import TestSupport
import Testing
import ThumbwireKit

@Suite struct EndpointRecordTests {
    @Test func `an endpoint that asks for nothing has no record`() {
        #expect(EndpointRecord.write(.make(account: .make("acct_"))) == nil)
    }

    @Test func `the stored shape stays as it is`() throws {
        var endpoint = Endpoint.make(account: .make("acct_"))
        endpoint.filters = Endpoint.Filters(chains: ["b", "a"], sessions: ["s"], metadata: ["team": "blue"])
        endpoint.sending.rests = [.seconds(5)]
        endpoint.sending.maximumInFlight = 3
        endpoint.health.failures = 2
        endpoint.health.failingSince = Timestamp(microseconds: 7)

        let record = try #require(EndpointRecord.write(endpoint))
        var read = Endpoint.make(id: endpoint.id, account: endpoint.account)
        try EndpointRecord.read(record, into: &read)

        #expect(
            String(decoding: record, as: UTF8.self) == """
                {"v":1,"filters":{"chains":["a","b"],"sessions":["s"],"metadata":{"team":"blue"}},\
                "sending":{"signature":"standard","envelope":"standard","format":"job","rests":[5000000],\
                "maximumInFlight":3},"health":{"failures":2,"failingSince":7}}
                """)
        #expect(read == endpoint)
        #expect(try EndpointRecord.filters(record) == endpoint.filters)
    }

    @Test func `what the circuit breaker counts is kept`() throws {
        var endpoint = Endpoint.make(account: .make("acct_"))
        endpoint.health.strikes = 3
        endpoint.health.isAnnounced = true

        let record = try #require(EndpointRecord.write(endpoint))
        var read = Endpoint.make(id: endpoint.id, account: endpoint.account)
        try EndpointRecord.read(record, into: &read)

        #expect(read == endpoint)
    }

    @Test(arguments: [
        ("{", "stored record: endpoint"), ("{\"v\":2}", "has version 2, this program reads 1"),
        (
            "{\"v\":1,\"sending\":{\"signature\":\"wax\"}}",
            "endpoint.sending.signature is not one of the known words"
        ),
        (
            "{\"v\":1,\"sending\":{\"signature\":\"github\",\"envelope\":\"standard\",\"format\":\"job\",\"rests\":[\"5\"]}}",
            "endpoint.sending.rests is not an array of integers"
        ), ("{\"v\":1,\"health\":{}}", "endpoint.health.failures is missing"),
    ])
    func `a record that cannot be read says where`(text: String, reason: String) throws {
        var endpoint = Endpoint.make(account: .make("acct_"))

        let error = #expect(throws: RecordError.self) {
            try EndpointRecord.read(Array(text.utf8), into: &endpoint)
        }

        #expect("\(try #require(error))".contains(reason))
    }
}
