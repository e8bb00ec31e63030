internal import CCrypto

/// A secret at rest: readable only with the service's sealing key.
package struct Sealed: Hashable, Sendable {
    /// A version byte, 12 bytes of nonce, the ciphertext, 16 bytes of tag.
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Hashes all bytes at once: secrets are looked up at each attempt, and an array hashes byte after byte.
    package func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

/// Sealed bytes that this key did not make, or that were changed.
package struct UnsealingError: Error, CustomStringConvertible {
    package init() {}

    package var description: String {
        "sealed secret does not open with this sealing key (--secret-key-file)"
    }
}

/// Seals secrets with AES-256-GCM (NIST SP 800-38D) under one key and a random nonce each.
package struct Sealer: Sendable {
    private static let version: UInt8 = 1
    private static let nonceLength = 12
    private static let tagLength = 16
    /// Bytes of the key.
    package static let keyLength = 32

    private let key: [UInt8]

    /// A sealer on a key of ``keyLength`` bytes.
    package init(key: [UInt8]) {
        precondition(key.count == Self.keyLength, "the sealing key has 32 bytes")
        self.key = key
    }

    /// Seals bytes; `context` says what they are, and unsealing asks for the same.
    package func seal(_ plain: [UInt8], context: String) -> Sealed {
        let nonce = randomBytes(Self.nonceLength)
        var output = [UInt8](repeating: 0, count: plain.count)
        var tag = [UInt8](repeating: 0, count: Self.tagLength)
        let sealed = withCipher { cipher in
            var length: Int32 = 0
            let aad = Array(context.utf8)
            return EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce) == 1
                && EVP_EncryptUpdate(cipher, nil, &length, aad, Int32(aad.count)) == 1
                && EVP_EncryptUpdate(cipher, &output, &length, plain, Int32(plain.count)) == 1
                && EVP_EncryptFinal_ex(cipher, nil, &length) == 1
                && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), &tag) == 1
        }
        precondition(sealed, "AES-256-GCM is always available in libcrypto")
        return Sealed(bytes: [Self.version] + nonce + output + tag)
    }

    /// Opens what ``seal(_:context:)`` made with the same key and context.
    package func unseal(_ sealed: Sealed, context: String) throws(UnsealingError) -> [UInt8] {
        let overhead = 1 + Self.nonceLength + Self.tagLength
        guard sealed.bytes.count >= overhead, sealed.bytes[0] == Self.version else { throw UnsealingError() }
        let nonce = Array(sealed.bytes[1...Self.nonceLength])
        let body = Array(sealed.bytes[(1 + Self.nonceLength)..<(sealed.bytes.count - Self.tagLength)])
        var tag = Array(sealed.bytes.suffix(Self.tagLength))
        var output = [UInt8](repeating: 0, count: body.count)
        let opened = withCipher { cipher in
            var length: Int32 = 0
            let aad = Array(context.utf8)
            return EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce) == 1
                && EVP_DecryptUpdate(cipher, nil, &length, aad, Int32(aad.count)) == 1
                && EVP_DecryptUpdate(cipher, &output, &length, body, Int32(body.count)) == 1
                && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagLength), &tag) == 1
                && EVP_DecryptFinal_ex(cipher, nil, &length) == 1
        }
        guard opened else { throw UnsealingError() }
        return output
    }

    private func withCipher(_ body: (OpaquePointer?) -> Bool) -> Bool {
        let cipher = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(cipher) }
        return cipher != nil && body(cipher)
    }
}
