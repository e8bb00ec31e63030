internal import CCurl

extension Transfer {
    /// Prepares the handle for the attempt.
    ///
    /// - Throws: `invalidRequest` when libcurl refuses an option.
    func prepare(_ configuration: HTTPClient.Configuration, connectTimeout: Duration) throws(ClientError) {
        setDestination()
        setSafety(configuration)
        setLimits(configuration, connectTimeout: connectTimeout)
        setMethodAndBody()
        setHeaders(configuration)
        setCallbacks()
        guard let code = handle.failure else { return }
        throw .invalidRequest(String(cString: curl_easy_strerror(code)).lowercased())
    }

    /// The checked address takes the place of a look-up (`CONNECT_TO`), and is part of the key under which a
    /// connection is kept: one to another address of the host is never reused.
    private func setDestination() {
        let url = exchange.url
        connectTo.append("::\(address.bracketed):\(url.port)")
        handle.set(CURLOPT_URL, url.origin)
        handle.set(CURLOPT_REQUEST_TARGET, url.target)
        handle.set(CURLOPT_CONNECT_TO, connectTo.first)
        // Part of the key under which libcurl keeps connections. Linux heeds it for link-local addresses alone.
        if exchange.request.connectionGroup > 0 {
            handle.set(CURLOPT_ADDRESS_SCOPE, Int(exchange.request.connectionGroup))
        }
        if let user = url.user { handle.set(CURLOPT_USERNAME, user) }
        if let password = url.password { handle.set(CURLOPT_PASSWORD, password) }
    }

    /// Nothing of the environment may lead elsewhere: a proxy would be asked for addresses that were refused.
    private func setSafety(_ configuration: HTTPClient.Configuration) {
        handle.set(CURLOPT_PROXY, "")
        handle.set(CURLOPT_NOPROXY, "*")
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_FOLLOWLOCATION, 0)
        handle.set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_SSL_VERIFYPEER, 1)
        handle.set(CURLOPT_SSL_VERIFYHOST, 2)
        handle.set(CURLOPT_SSLVERSION, thumbwire_tls_1_2)
        handle.set(CURLOPT_HTTP_VERSION, thumbwire_http_version_2tls)
        if let file = configuration.certificateAuthorityFile { handle.set(CURLOPT_CAINFO, file) }
    }

    private func setLimits(_ configuration: HTTPClient.Configuration, connectTimeout: Duration) {
        let request = exchange.request
        handle.set(CURLOPT_TIMEOUT_MS, ContinuousClock.now.duration(to: exchange.deadline).milliseconds)
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.milliseconds)
        handle.set(CURLOPT_MAXAGE_CONN, max(1, Int(configuration.maximumIdleTime.components.seconds)))
        if request.overflow == .fail, request.method != .head, request.receive == nil {
            handle.set(CURLOPT_MAXFILESIZE_LARGE, bytes: request.maximumResponseBytes)
        }
    }

    private func setMethodAndBody() {
        let request = exchange.request
        switch request.method {
        case .head:
            handle.set(CURLOPT_NOBODY, 1)
        case .get where request.body.isEmpty:
            handle.set(CURLOPT_HTTPGET, 1)
        case .delete where request.body.isEmpty, .options where request.body.isEmpty:
            handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        default:
            handle.set(CURLOPT_POST, 1)
            handle.setBody(request.body)
            handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private func setHeaders(_ configuration: HTTPClient.Configuration) {
        let headers = exchange.request.headers
        for field in headers.fields {
            // A name with a semicolon is how libcurl is told to send an empty value.
            fields.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // A name with nothing after the colon keeps libcurl from adding the field on its own.
        fields.append("Expect:")
        if headers["Content-Type"] == nil { fields.append("Content-Type:") }
        if headers["Accept-Encoding"] == nil { fields.append("Accept-Encoding: identity") }
        if headers["User-Agent"] == nil { fields.append("User-Agent: \(configuration.userAgent)") }
        handle.set(CURLOPT_HTTPHEADER, fields.first)
    }

    private func setCallbacks() {
        // Unretained is enough: the loop keeps the transfer until it has taken the handle out of libcurl.
        let context = Unmanaged.passUnretained(self).toOpaque()
        handle.set(CURLOPT_HEADERFUNCTION, takeHeader)
        handle.set(CURLOPT_HEADERDATA, context)
        handle.set(CURLOPT_WRITEFUNCTION, takeBody)
        handle.set(CURLOPT_WRITEDATA, context)
        handle.setOpenSocket(openSocketCallback)
        handle.set(CURLOPT_OPENSOCKETDATA, context)
        handle.setBeforeRequest(beforeRequest)
        handle.set(CURLOPT_PREREQDATA, context)
        if let start = message.baseAddress { handle.set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(start)) }
    }
}

/// The transfer that `setCallbacks` gave to libcurl.
private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private let takeHeader: curl_write_callback = { start, size, count, context in
    let line = UnsafeRawBufferPointer(start: start, count: size * count)
    return transfer(context)?.receive(header: line) == true ? size * count : 0
}

/// Another count than the given one makes libcurl end the transfer; an empty piece must not look accepted.
private let takeBody: curl_write_callback = { start, size, count, context in
    let piece = UnsafeRawBufferPointer(start: start, count: size * count)
    return transfer(context)?.receive(body: piece) == true ? size * count : size * count &+ 1
}

private let openSocketCallback: curl_opensocket_callback = { context, _, address in
    guard let address, let transfer = transfer(context) else { return thumbwire_socket_bad }
    return transfer.openSocket(address)
}

private let beforeRequest: curl_prereq_callback = { context, peer, _, _, _ in
    guard let peer, let transfer = transfer(context) else { return CURL_PREREQFUNC_ABORT }
    return transfer.mayBegin(peer: String(cString: peer)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

extension Duration {
    /// Whole milliseconds, rounded up and at least one: to libcurl zero means no limit.
    fileprivate var milliseconds: Int {
        let (seconds, attoseconds) = components
        let rounded = seconds.multipliedReportingOverflow(by: 1_000)
        let whole = rounded.overflow ? Int64(Int32.max) : rounded.partialValue
        return Int(
            min(Int64(Int32.max), max(1, whole + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
        )
    }
}
