internal import CCurl

/// Typed access to one libcurl easy handle; does not own it.
struct EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// The first failure of a `set`; options are set in a row and checked once.
    private(set) var failure: CURLcode?

    init(_ pointer: UnsafeMutableRawPointer) {
        self.pointer = pointer
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(thumbwire_easy_set_long(pointer, option, value))
    }

    mutating func set(_ option: CURLoption, bytes value: Int) {
        note(thumbwire_easy_set_offset(pointer, option, curl_off_t(value)))
    }

    /// libcurl copies the string.
    mutating func set(_ option: CURLoption, _ value: String) {
        note(thumbwire_easy_set_string(pointer, option, value))
    }

    /// The list must outlive the transfer.
    mutating func set(_ option: CURLoption, _ value: UnsafeMutablePointer<curl_slist>?) {
        note(thumbwire_easy_set_list(pointer, option, value))
    }

    /// What is pointed to must outlive the transfer.
    mutating func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) {
        note(thumbwire_easy_set_pointer(pointer, option, value))
    }

    mutating func set(_ option: CURLoption, _ receiver: @escaping curl_write_callback) {
        note(thumbwire_easy_set_receiver(pointer, option, receiver))
    }

    mutating func setOpenSocket(_ callback: @escaping curl_opensocket_callback) {
        note(thumbwire_easy_set_open_socket(pointer, callback))
    }

    mutating func setBeforeRequest(_ callback: @escaping curl_prereq_callback) {
        note(thumbwire_easy_set_before_request(pointer, callback))
    }

    /// Copies the bytes into the handle as the request's body.
    mutating func setBody(_ bytes: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, bytes: bytes.count)
        bytes.withUnsafeBytes { buffer in
            let start = UnsafeMutableRawPointer(mutating: buffer.baseAddress)
            note(thumbwire_easy_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start))
        }
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return thumbwire_easy_get_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    /// For the infos in microseconds; zero when the event did not happen.
    func duration(_ info: CURLINFO) -> Duration {
        var value: curl_off_t = 0
        let code = thumbwire_easy_get_offset(pointer, info, &value)
        return code == CURLE_OK ? .microseconds(value) : .zero
    }

    private mutating func note(_ code: CURLcode) {
        if code != CURLE_OK, failure == nil { failure = code }
    }
}

/// An owned list of strings in libcurl's form.
struct StringList: ~Copyable {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init() {}

    deinit {
        curl_slist_free_all(first)
    }

    mutating func append(_ text: String) {
        if let longer = curl_slist_append(first, text) { first = longer }
    }
}
