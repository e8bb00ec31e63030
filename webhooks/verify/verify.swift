// Verifies webhooks in one file of Swift: those that come, or one that was saved.
//
//   swiftc verify.swift
//   THUMBWIRE_SECRET=whsec_... ./verify [--port 8000] [--count N]
//   THUMBWIRE_SECRET=whsec_... ./verify HEADERS BODY
//
// Several secrets may be given, separated by spaces, while one is being rotated. The port is printed first; port 0
// takes a free one. With --count it ends after that many requests: exit code 0 when all were genuine, else 1. HEADERS
// and BODY are files: its headers, one a line, and its exact body; NOW=skip, or a number of seconds since 1970, lets
// an old request pass.
//
// On Apple's platforms take HMAC<SHA256> of CryptoKit, elsewhere that of swift-crypto or OpenSSL; the one below is
// here so that this file compiles alone.

import Foundation

let toleranceSeconds: Int64 = 300
let largestBody = 1 << 20

/// Why a request is not believed.
struct NotGenuine: Error {
    let reason: String
}

/// Throws unless one of the secrets signed the request.
///
/// `headers` have lower-case names; `body` is the bytes exactly as received: JSON that was parsed and written again
/// has another signature. Without `now` a request of any age passes.
func verify(headers: [String: String], body: [UInt8], secrets: [String], now: Int64?) throws {
    guard let id = headers["webhook-id"], let timestamp = headers["webhook-timestamp"],
        let signatures = headers["webhook-signature"], !id.isEmpty, !timestamp.isEmpty, !signatures.isEmpty
    else { throw NotGenuine(reason: "a webhook-* header is missing") }
    guard timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }), timestamp.utf8.count <= 12,
        let sent = Int64(timestamp)
    else { throw NotGenuine(reason: "webhook-timestamp is not a whole number of seconds") }
    if let now, abs(now - sent) > toleranceSeconds {
        throw NotGenuine(reason: "webhook-timestamp is more than five minutes off")
    }

    let signed = Array("\(id).\(timestamp).".utf8) + body
    for secret in secrets {
        let text = secret.hasPrefix("whsec_") ? String(secret.dropFirst(6)) : secret
        guard let key = Data(base64Encoded: text) else { continue }
        let expected = "v1," + Data(hmacSHA256(signed, key: Array(key))).base64EncodedString()
        for token in signatures.split(separator: " ") where isSame(token, expected) { return }
    }
    throw NotGenuine(reason: "no v1 signature matches")
}

/// Compares without telling by its duration where the texts differ.
func isSame(_ one: Substring, _ other: String) -> Bool {
    guard one.utf8.count == other.utf8.count else { return false }
    return zip(one.utf8, other.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

// MARK: - HMAC-SHA-256: RFC 2104 and FIPS 180-4

func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    let short = key.count > 64 ? sha256(key) : key
    let block = short + [UInt8](repeating: 0, count: 64 - short.count)
    return sha256(block.map { $0 ^ 0x5C } + sha256(block.map { $0 ^ 0x36 } + message))
}

func sha256(_ message: [UInt8]) -> [UInt8] {
    let length = UInt64(message.count) * 8
    let zeros = [UInt8](repeating: 0, count: (119 - message.count % 64) % 64)
    let end = (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
    let padded = message + [0x80] + zeros + end
    var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    var w = [UInt32](repeating: 0, count: 64)
    for start in stride(from: 0, to: padded.count, by: 64) {
        for i in 0..<16 {
            w[i] = (0..<4).reduce(0) { $0 << 8 | UInt32(padded[start + 4 * i + $1]) }
        }
        for i in 16..<64 {
            let s0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3
            let s1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10
            w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
        }
        var s = state
        for i in 0..<64 {
            let sum1 = rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)
            let choice = s[4] & s[5] ^ ~s[4] & s[6]
            let t1 = s[7] &+ sum1 &+ choice &+ roundConstants[i] &+ w[i]
            let sum0 = rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)
            let majority = s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]
            s = [t1 &+ sum0 &+ majority, s[0], s[1], s[2], s[3] &+ t1, s[4], s[5], s[6]]
        }
        state = zip(state, s).map { $0 &+ $1 }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
}

func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
]

// MARK: - A receiver, one request at a time

/// A connection on which one request comes.
struct Connection {
    let descriptor: Int32

    /// The request's headers and body; `nil` where it is none, or too large.
    func request() -> (headers: [String: String], body: [UInt8])? {
        guard let (head, start) = receiveHead(), head.hasPrefix("POST ") else { return nil }
        let headers = fields(head.split(whereSeparator: \.isNewline).dropFirst())
        guard let length = headers["content-length"].flatMap({ Int($0) }), (0...largestBody).contains(length)
        else { return nil }
        var body = start
        while body.count < length {
            guard let more = receive() else { return nil }
            body += more
        }
        return (headers, body)
    }

    /// The head, and what came of the body with it.
    private func receiveHead() -> (head: String, body: [UInt8])? {
        let end = Array("\r\n\r\n".utf8)
        var bytes: [UInt8] = []
        while bytes.count < 65_536, let more = receive() {
            // The end may lie across two packets.
            let start = max(0, bytes.count - 3)
            bytes += more
            if let last = bytes.indices.dropFirst(start).first(where: { bytes[$0...].starts(with: end) }) {
                return (String(decoding: bytes[..<last], as: UTF8.self), Array(bytes[(last + end.count)...]))
            }
        }
        return nil
    }

    func answer(_ status: String) {
        let text = "HTTP/1.1 \(status)\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        _ = text.withCString { send(descriptor, $0, strlen($0), noSignal) }
        close(descriptor)
    }

    private func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }
}

/// Headers by lower-case name.
func fields(_ lines: some Sequence<Substring>) -> [String: String] {
    var headers: [String: String] = [:]
    for line in lines {
        guard let colon = line.firstIndex(of: ":") else { continue }
        let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
        headers[line[..<colon].lowercased()] = value
    }
    return headers
}

#if canImport(Darwin)
    let stream = SOCK_STREAM
    let noSignal: Int32 = 0
#else
    let stream = Int32(SOCK_STREAM.rawValue)
    let noSignal = Int32(MSG_NOSIGNAL)
#endif

/// Listens on loopback; the descriptor and the port it got.
func listen(on port: UInt16) -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, stream, 0)
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, $0, &length) == 0
        }
    }
    guard isListening else { stop("cannot listen on port \(port)", code: 1) }
    return (descriptor, UInt16(bigEndian: address.sin_port))
}

func receive(port: UInt16, count: Int?, secrets: [String]) -> Int32 {
    let listening = listen(on: port)
    say("listening on http://127.0.0.1:\(listening.port)")
    var left = count ?? .max
    var allGenuine = true
    while left > 0 {
        let connection = Connection(descriptor: accept(listening.descriptor, nil, nil))
        // Whoever says nothing must not stop the others.
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(
            connection.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        do {
            guard let request = connection.request() else { throw NotGenuine(reason: "not a webhook") }
            try verify(
                headers: request.headers, body: request.body, secrets: secrets,
                now: Int64(Date().timeIntervalSince1970))
            connection.answer("204 No Content")
            say(String(decoding: request.body, as: UTF8.self))
        } catch {
            connection.answer("401 Unauthorized")
            allGenuine = false
            say("refused: \((error as? NotGenuine)?.reason ?? "\(error)")")
        }
        left -= 1
    }
    return allGenuine ? 0 : 1
}

// MARK: - The command

func check(headersFile: String, bodyFile: String, secrets: [String]) -> Int32 {
    guard let head = FileManager.default.contents(atPath: headersFile),
        let body = FileManager.default.contents(atPath: bodyFile)
    else { stop("cannot read \(headersFile) or \(bodyFile)", code: 2) }
    let setting = ProcessInfo.processInfo.environment["NOW"] ?? ""
    let now = setting == "skip" ? nil : Int64(setting) ?? Int64(Date().timeIntervalSince1970)
    let lines = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)
    do {
        try verify(headers: fields(lines), body: Array(body), secrets: secrets, now: now)
    } catch {
        stop("refused: \((error as? NotGenuine)?.reason ?? "\(error)")", code: 1)
    }
    say("genuine")
    return 0
}

/// Prints a line at once, also into a pipe.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

func stop(_ problem: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data((problem + "\n").utf8))
    exit(code)
}

let usage = "usage: THUMBWIRE_SECRET=whsec_... verify [--port PORT] [--count N] | HEADERS BODY"
var words = CommandLine.arguments.dropFirst()
var numbers: [String: Int] = [:]
var saved: [String] = []
while let word = words.popFirst() {
    if word == "--port" || word == "--count" {
        guard let number = words.popFirst().flatMap({ Int($0) }), number >= 0 else { stop(usage, code: 2) }
        numbers[word] = number
    } else {
        saved.append(word)
    }
}
let secrets = (ProcessInfo.processInfo.environment["THUMBWIRE_SECRET"] ?? "")
    .split(separator: " ").map(String.init)
guard !secrets.isEmpty else { stop("THUMBWIRE_SECRET is not set\n\(usage)", code: 2) }
switch saved.count {
case 0:
    guard let port = UInt16(exactly: numbers["--port"] ?? 8_000) else { stop(usage, code: 2) }
    exit(receive(port: port, count: numbers["--count"], secrets: secrets))
case 2: exit(check(headersFile: saved[0], bodyFile: saved[1], secrets: secrets))
default: stop(usage, code: 2)
}
