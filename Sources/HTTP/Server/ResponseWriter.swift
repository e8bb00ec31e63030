import CMicrohttpd
import CSystem
import Glibc
import Synchronization

/// Turns a `Response` into libmicrohttpd's and queues it.
struct ResponseWriter {
    let exchange: Exchange
    let pointer: OpaquePointer

    /// Headers that follow from the body or the connection; a handler's are dropped.
    private static let ownHeaders = [
        "Content-Length", "Transfer-Encoding", "Connection", "Date", RequestID.header,
    ]

    /// False when the connection has to be closed.
    func send(_ response: Response) -> Bool {
        do throws(ServerError) {
            return try queue(response)
        } catch {
            let answer = exchange.core.response(to: error, exchange.request)
            if let sent = try? queue(answer) { return sent }
            return (try? queue(Response(status: 500))) ?? false
        }
    }

    private func queue(_ response: Response) throws(ServerError) -> Bool {
        guard (200...599).contains(response.status) else {
            throw .invalidResponse(reason: "status \(response.status) is not 200 to 599")
        }
        try check(response.headers)
        guard let built = try body(of: response) else { return false }
        defer { MHD_destroy_response(built) }
        try add(response.headers, to: built)
        exchange.state.withLock { $0.status = response.status }
        return MHD_queue_response(pointer, UInt32(response.status), built) == mhd_yes()
    }

    private func check(_ headers: Headers) throws(ServerError) {
        for field in headers.fields {
            guard isToken(field.name) else { throw .invalidResponse(reason: "a header name is not a token") }
            guard isFieldValue(field.value) else {
                throw .invalidResponse(reason: "header \(field.name) holds a control character")
            }
        }
    }

    private func add(_ headers: Headers, to response: OpaquePointer) throws(ServerError) {
        // libmicrohttpd takes neither empty values nor tabs.
        for field in headers.fields where !field.value.isEmpty {
            if Self.ownHeaders.contains(where: field.name.equalsIgnoringCase) { continue }
            let value = field.value.utf8.contains(0x09) ? field.value.replacingTabs : field.value
            guard MHD_add_response_header(response, field.name, value) == mhd_yes() else {
                throw .invalidResponse(reason: "header \(field.name) was not taken")
            }
        }
        MHD_add_response_header(response, RequestID.header, exchange.request.id)
        if exchange.core.isDraining || exchange.connection.isReserve {
            MHD_add_response_header(response, "Connection", "close")
        }
    }

    /// `nil` when memory is out.
    private func body(of response: Response) throws(ServerError) -> OpaquePointer? {
        switch response.body {
        case .bytes(let bytes): bytes.withUnsafeBytes { mhd_bytes_response($0.baseAddress, $0.count) }
        case .file(let path): try file(path)
        case .stream(let stream): try self.stream(stream)
        }
    }

    /// libmicrohttpd closes the descriptor with the response.
    private func file(_ path: String) throws(ServerError) -> OpaquePointer? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .notFound }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            let response = MHD_create_response_from_fd64(UInt64(status.st_size), descriptor)
        else {
            _ = close(descriptor)
            throw .notFound
        }
        return response
    }

    private func stream(_ stream: AsyncStream<[UInt8]>) throws(ServerError) -> OpaquePointer? {
        let isHead = exchange.request.method == .head
        if !isHead, !exchange.enterWaiting() { throw exchange.overloaded }
        let pipe = BodyPipe()
        let source = StreamSource(pipe: pipe, pointer: pointer, descriptor: exchange.connection.descriptor)
        let context = Unmanaged.passRetained(source).toOpaque()
        guard let response = mhd_stream_response(readStream, context, releaseStream) else {
            Unmanaged<StreamSource>.fromOpaque(context).release()
            return nil
        }
        guard !isHead else {
            _ = mhd_forbid_chunks(response)
            return response
        }
        exchange.state.withLock { $0.pipe = pipe }
        pipe.consume(stream)
        return response
    }
}

extension String {
    fileprivate var replacingTabs: String {
        String(decoding: utf8.map { $0 == 0x09 ? 0x20 : $0 }, as: UTF8.self)
    }
}

/// What the reader of a streamed body needs.
private final class StreamSource {
    let pipe: BodyPipe
    let pointer: OpaquePointer
    private let descriptor: Int32

    init(pipe: BodyPipe, pointer: OpaquePointer, descriptor: Int32) {
        self.pipe = pipe
        self.pointer = pointer
        self.descriptor = descriptor
    }

    /// Cuts the connection, so that the client does not take what it has for the whole.
    ///
    /// A reader that ends with an error makes libmicrohttpd 0.9.75 with epoll forget the connection until its
    /// idle time-out; failing to write the end does not.
    func cut() -> Int {
        shutdown(descriptor, Int32(SHUT_RDWR))
        return mhd_end_of_stream()
    }
}

private let readStream: MHD_ContentReaderCallback = { context, _, buffer, capacity in
    guard let context, let buffer else { return mhd_end_of_stream() }
    let source = Unmanaged<StreamSource>.fromOpaque(context).takeUnretainedValue()
    let target = UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
    return switch source.pipe.read(into: target, of: source.pointer) {
    case .bytes(let count): count
    case .suspended: 0
    case .end: mhd_end_of_stream()
    case .aborted: source.cut()
    }
}

private let releaseStream: MHD_ContentReaderFreeCallback = { context in
    guard let context else { return }
    Unmanaged<StreamSource>.fromOpaque(context).release()
}
