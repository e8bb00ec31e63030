internal import CCurl
internal import Glibc

extension Transfer {
    /// What the ended attempt comes to.
    func outcome(_ code: CURLcode) -> Result<OutboundResponse, ClientError> {
        if let stopReason { return .failure(stopReason) }
        // libcurl takes a head that is cut off for a whole one.
        if code == CURLE_OK, !head.isComplete { return .failure(.connectionLost) }
        if code == CURLE_OK || isTruncated { return .success(response()) }
        return .failure(error(code))
    }

    /// Whether the attempt ended before the request could go out, so that another address may be tried.
    func endedUnsent(_ code: CURLcode) -> Bool {
        guard stopReason == nil, attempts == 0 else { return false }
        return code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT
    }

    private func response() -> OutboundResponse {
        let total = exchange.start.duration(to: .now)
        let sinceBegin = handle.duration(CURLINFO_TOTAL_TIME_T)
        let wait = handle.duration(CURLINFO_STARTTRANSFER_TIME_T)
        let secured = handle.duration(CURLINFO_APPCONNECT_TIME_T)
        let connect = max(secured, handle.duration(CURLINFO_CONNECT_TIME_T))
        let timings = OutboundResponse.Timings(
            connect: handle.number(CURLINFO_NUM_CONNECTS) == 0 ? .zero : connect,
            firstByte: max(.zero, total - sinceBegin) + wait, total: total)
        return OutboundResponse(
            status: head.status, headers: head.headers, body: body, isTruncated: isTruncated,
            remoteAddress: address, timings: timings, version: version, url: exchange.url.text)
    }

    private var version: OutboundResponse.Version {
        switch handle.number(CURLINFO_HTTP_VERSION) {
        case thumbwire_http_version_1_0: .http10
        case thumbwire_http_version_2: .http2
        default: .http11
        }
    }

    private func error(_ code: CURLcode) -> ClientError {
        let host = exchange.url.host
        // libcurl connects anew where a reused connection dies under a request: that this fails, too, says nothing of
        // what became of the request.
        let isUnsent = attempts == 0
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            return .timeout(phase)
        case CURLE_COULDNT_CONNECT where isUnsent:
            return .connectFailed(host: host, reason: systemReason)
        case CURLE_FILESIZE_EXCEEDED:
            return .responseTooLarge(limit: exchange.request.maximumResponseBytes)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            guard isUnsent else { return .connectionLost }
            return .tlsFailed(host: host, reason: detail(code))
        case CURLE_OUT_OF_MEMORY where !isUnsent && !head.isComplete:
            // libcurl's word for a line that outgrows its buffer.
            return .protocolError("a line of its header is too long")
        case CURLE_COULDNT_CONNECT, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE,
            CURLE_SEND_FAIL_REWIND:
            return .connectionLost
        default:
            return .protocolError(detail(code))
        }
    }

    private var phase: ClientError.Phase {
        guard attempts == 0 else { return head.isFinal ? .readingBody : .awaitingResponse }
        // The connect time would be the obvious sign, but 7.88 sets it after the handshake.
        return handle.number(CURLINFO_LOCAL_PORT) == 0 ? .connecting : .handshake
    }

    private var systemReason: String {
        let code = Int32(truncatingIfNeeded: handle.number(CURLINFO_OS_ERRNO))
        return code == 0 ? "no connection" : String(cString: strerror(code)).lowercased()
    }

    private func detail(_ code: CURLcode) -> String {
        let own = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
    }
}
