internal import CCrypto
internal import Foundation

/// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104).
package enum Hash {
    /// The 32 bytes of the digest.
    package static func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        withContiguous(bytes) { buffer in
            // Only fails for an unknown digest or without memory.
            let status = EVP_Digest(buffer.baseAddress, buffer.count, &digest, nil, EVP_sha256(), nil)
            precondition(status == 1, "SHA-256 is always available in libcrypto")
        }
        return digest
    }

    /// The 32 bytes of the authentication code.
    package static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        let result = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &code, &length)
        precondition(result != nil, "HMAC-SHA-256 is always available in libcrypto")
        return code
    }

    private static func withContiguous(
        _ bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        if bytes.withContiguousStorageIfAvailable(body) == nil {
            Array(bytes).withUnsafeBufferPointer(body)
        }
    }
}

/// Equality whose time depends on the lengths only (`CRYPTO_memcmp`).
package func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// Bytes from the system's cryptographic random source.
package func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let status = RAND_bytes(&bytes, Int32(count))
    precondition(status == 1, "the system's random source answers")
    return bytes
}

/// The URL-safe alphabet of base64 without padding (RFC 4648 §5, RFC 7515 §2).
package func base64URL(_ bytes: [UInt8]) -> String {
    let text = Data(bytes).base64EncodedData().compactMap { byte -> UInt8? in
        switch byte {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        case UInt8(ascii: "="): nil
        default: byte
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// Lower-case hexadecimal digits, two a byte.
package func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
    String(unsafeUninitializedCapacity: 2 * bytes.count) { buffer in
        var end = 0
        for byte in bytes {
            buffer[end] = hexadecimalDigit(byte >> 4)
            buffer[end + 1] = hexadecimalDigit(byte & 15)
            end += 2
        }
        return end
    }
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
