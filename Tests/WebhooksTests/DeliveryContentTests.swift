import Foundation
import HTTP
import Signing
import Testing
import ThumbwireKit

@testable import Webhooks

/// What the body of a delivery is, in each envelope and format.
struct DeliveryContentTests {
    private let faceData = #"{"success":true,"data":{"id":"thumb_1","title":"a \"b\", {c}"}}"#

    @Test func `the standard envelope is the event's bytes`() throws {
        let fixture = try ProfileFixture()
        let request = try fixture.request()

        #expect(request.body == fixture.event.body)
        #expect(request.headers["content-type"] == "application/json")
    }

    @Test func `the face's document takes the place of the data, byte for byte`() throws {
        var fixture = try ProfileFixture()
        fixture.sending.format = .face
        fixture.event.faceData = Array(faceData.utf8)
        let text = String(decoding: try fixture.request().body, as: UTF8.self)

        let original = String(decoding: fixture.event.body, as: UTF8.self)
        let head = try #require(original.range(of: #""data":"#)).upperBound
        #expect(text == original[..<head] + faceData + "}")
        #expect(try fixture.request().body == Array(text.utf8))
    }

    @Test func `callbacks have the face's document, too`() throws {
        var fixture = try ProfileFixture()
        fixture.event.faceData = Array(faceData.utf8)
        let callback = try Callback(
            url: "https://a.example/", signing: .opus(key: "sk-imported"), format: .face)
        let request = try fixture.request(to: callback)

        let body = try JSONValue(parsing: request.body)
        #expect(try body["data"] == JSONValue(parsing: faceData))
        let salt = try #require(request.headers["x-opus-salt"])
        let code = Hash.hmacSHA256(key: Array("sk-imported".utf8), request.body + Array(salt.utf8))
        #expect(request.headers["x-opus-signature"] == hexadecimal(code))
        let plain = try fixture.request(to: Callback(url: "https://a.example/"))
        #expect(plain.body == fixture.event.body)
    }

    @Test(arguments: Endpoint.Sending.Envelope.allCases)
    func `an event without a face's document looks as ever`(
        _ envelope: Endpoint.Sending.Envelope
    ) throws {
        var fixture = try ProfileFixture()
        fixture.sending.envelope = envelope
        let asJob = try fixture.request()
        fixture.sending.format = .face

        #expect(try fixture.request().body == asJob.body)
    }

    @Test func `a structured CloudEvent has attributes and data in one object`() throws {
        var fixture = try ProfileFixture()
        fixture.sending.envelope = .cloudEvents
        let request = try fixture.request()

        #expect(request.headers["content-type"] == "application/cloudevents+json")
        #expect(!request.headers.fields.contains { $0.name.hasPrefix("ce-") })
        let event = fixture.event
        #expect(
            try JSONValue(parsing: request.body) == [
                "specversion": "1.0", "id": .string(event.id.rawValue),
                "source": "urn:thumbwire:acct_01kahzqqz0c7h3v0v6tgnw8a5s", "type": "thumbnail.completed",
                "subject": "job_01kajy4q00fmwq8y1dzk3xvn0c", "time": "2026-11-21T12:00:00.000Z",
                "accountid": "acct_01kahzqqz0c7h3v0v6tgnw8a5s", "apiversion": "2026-11-01",
                "sequence": .string("000000000\(event.sequence)"), "datacontenttype": "application/json",
                "data": try #require(try data(event)),
            ])
    }

    @Test func `a binary CloudEvent is the data, with attributes as headers`() throws {
        var fixture = try ProfileFixture()
        fixture.sending.envelope = .cloudEventsBinary
        let request = try fixture.request()

        #expect(request.headers["content-type"] == "application/json")
        #expect(try JSONValue(parsing: request.body) == data(fixture.event))
        #expect(
            String(decoding: fixture.event.body, as: UTF8.self).hasSuffix(
                String(decoding: request.body, as: UTF8.self) + "}"))
        let attributes = request.headers.fields.filter { $0.name.hasPrefix("ce-") }
        #expect(
            attributes.map { "\($0.name): \($0.value)" } == [
                "ce-specversion: 1.0", "ce-id: \(fixture.event.id)",
                "ce-source: urn:thumbwire:acct_01kahzqqz0c7h3v0v6tgnw8a5s",
                "ce-type: thumbnail.completed", "ce-subject: job_01kajy4q00fmwq8y1dzk3xvn0c",
                "ce-time: 2026-11-21T12:00:00.000Z", "ce-accountid: acct_01kahzqqz0c7h3v0v6tgnw8a5s",
                "ce-apiversion: 2026-11-01", "ce-sequence: 000000000\(fixture.event.sequence)",
            ])
    }

    @Test func `CloudEvents carry the face's document where it is asked for`() throws {
        var fixture = try ProfileFixture()
        fixture.event.faceData = Array(faceData.utf8)
        fixture.sending.format = .face
        fixture.sending.envelope = .cloudEvents
        let expected = try JSONValue(parsing: faceData)
        #expect(try JSONValue(parsing: fixture.request().body)["data"] == expected)

        fixture.sending.envelope = .cloudEventsBinary
        #expect(try fixture.request().body == Array(faceData.utf8))
    }

    @Test func `an event without a job has no subject`() throws {
        var fixture = try ProfileFixture()
        fixture.event.job = nil
        fixture.sending.envelope = .cloudEventsBinary
        #expect(try fixture.request().headers["ce-subject"] == nil)

        fixture.sending.envelope = .cloudEvents
        #expect(try JSONValue(parsing: fixture.request().body)["subject"] == nil)
    }

    @Test(arguments: [
        ("plain-~!", "plain-~!"), ("a b\"c%", "a%20b%22c%25"), ("Zoë 図", "Zo%C3%AB%20%E5%9B%B3"),
        ("\r\n\u{7F}", "%0D%0A%7F"),
    ])
    func `escapes attributes as CloudEvents wants them in headers`(_ text: String, _ escaped: String) {
        #expect(CloudEvent.percentEncoded(text) == escaped)
    }

    @Test(arguments: [
        (#"{"a":1,"data":{"data":[1,"}"]},"z":"\\\"data\":2"}"#, #"{"data":[1,"}"]}"#),
        (#"{"data":null}"#, "null"), (#"{"x":{"data":1},"data":[]}"#, "[]"),
        (#"{"x":"\"data\":1,","data":"s\\"}"#, #""s\\""#),
    ])
    func `finds a member's value at the top level`(_ body: String, _ value: String) {
        let members = EventMembers(Array(body.utf8))

        #expect(members["data"].map { String(decoding: $0, as: UTF8.self) } == value)
        #expect(members["nothing"] == nil)
        let replaced = String(decoding: members.replacing("data", with: Array("7".utf8)), as: UTF8.self)
        #expect(
            EventMembers(Array(replaced.utf8))["data"].map { String(decoding: $0, as: UTF8.self) } == "7")
        #expect(replaced.utf8.count == body.utf8.count - value.utf8.count + 1)
    }

    private func data(_ event: Event) throws -> JSONValue? {
        try JSONValue(parsing: event.body)["data"]
    }
}
