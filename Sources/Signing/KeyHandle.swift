internal import CCrypto

/// A key of libcrypto with what is needed of it: signatures, and what kind of key it is.
///
/// Sendable: libcrypto counts the references to a key atomically, and a key that is made is only read.
final class KeyHandle: @unchecked Sendable {
    /// What a message goes through before it is signed.
    enum Digest {
        /// Nothing: Ed25519 takes the message itself.
        case none
        case sha256

        fileprivate var method: OpaquePointer? {
            switch self {
            case .none: nil
            case .sha256: EVP_sha256()
            }
        }
    }

    private let key: OpaquePointer

    private init?(owning key: OpaquePointer?) {
        guard let key else {
            // What went wrong stays in the thread's queue and would be taken for the next call's error.
            ERR_clear_error()
            return nil
        }
        self.key = key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// `nil` unless the seed has 32 bytes.
    convenience init?(ed25519Seed seed: [UInt8]) {
        self.init(owning: EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count))
    }

    /// `nil` unless the key has 32 bytes.
    convenience init?(ed25519PublicKey bytes: [UInt8]) {
        self.init(owning: EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count))
    }

    /// The first private key of a PEM text: PKCS#8, PKCS#1 or SEC1. `nil` where there is none, or an encrypted one.
    convenience init?(pem text: String) {
        // The input refers to the bytes for as long as it is read.
        let key = Array(text.utf8).withUnsafeBytes { bytes -> OpaquePointer? in
            let input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
            defer { BIO_free(input) }
            // Without a callback libcrypto would ask for the passphrase on the terminal.
            return PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in -1 }, nil)
        }
        self.init(owning: key)
    }

    /// `RSA`, `EC`, `ED25519` and others.
    var type: String {
        EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
    }

    /// The length of the modulus of an RSA key.
    var bits: Int { Int(EVP_PKEY_get_bits(key)) }

    /// The name of an elliptic curve; `nil` where it has none.
    var curve: String? {
        var name = [CChar](repeating: 0, count: 80)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else {
            ERR_clear_error()
            return nil
        }
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The 32 bytes that receivers check Ed25519 signatures with; empty for keys that have none.
    var rawPublicKey: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = bytes.count
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1 else {
            ERR_clear_error()
            return []
        }
        return bytes
    }

    /// The signature as libcrypto writes it, for elliptic curves DER; `nil` for a key that cannot sign.
    func signature(of message: [UInt8], digest: Digest) -> [UInt8]? {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var length = 0
        guard EVP_DigestSignInit(context, nil, digest.method, nil, key) == 1,
            EVP_DigestSign(context, nil, &length, message, message.count) == 1
        else {
            ERR_clear_error()
            return nil
        }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
            ERR_clear_error()
            return nil
        }
        return Array(signature.prefix(length))
    }

    /// Whether the signature, in the form that ``signature(of:digest:)`` gives, is this key's.
    func isValid(_ signature: [UInt8], of message: [UInt8], digest: Digest) -> Bool {
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        return EVP_DigestVerifyInit(context, nil, digest.method, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// The two numbers of an ECDSA signature in DER as `r` and `s` of that many bytes each, as JSON Web Signatures have
/// them (RFC 7518 §3.4).
func fixedWidth(ecdsa der: [UInt8], bytes count: Int) -> [UInt8]? {
    let parsed = der.withUnsafeBufferPointer { buffer in
        var start = buffer.baseAddress
        return d2i_ECDSA_SIG(nil, &start, buffer.count)
    }
    guard let parsed else {
        ERR_clear_error()
        return nil
    }
    defer { ECDSA_SIG_free(parsed) }
    var output = [UInt8](repeating: 0, count: 2 * count)
    let isWritten = output.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return false }
        return BN_bn2binpad(ECDSA_SIG_get0_r(parsed), start, Int32(count)) == count
            && BN_bn2binpad(ECDSA_SIG_get0_s(parsed), start + count, Int32(count)) == count
    }
    return isWritten ? output : nil
}
