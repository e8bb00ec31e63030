"""HTTP/1.1 with keep-alive, a thread for each connection; hands calls to the world and its control orders."""

import http.server
import select
import socket
import socketserver
import struct
import sys
import traceback

from call import Call
from clock import Aborted
from messages import Answer, Request

BODY_LIMIT = 128 << 20
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # An idle connection ends, so that its thread does.
    timeout = 120
    world = None

    def serve(self):
        try:
            request = self.read_request()
            if request is None:
                return
            if request.path.startswith("/__control/"):
                self.write(self.world.control(request))
                return
            self.route(request)
        except (Aborted, ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            self.report()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = serve

    def route(self, request):
        service = self.world.service_of(request.path)
        if service is None:
            self.write(Answer.text(404, "no such service"))
            return
        operation, act = service.route(request) or ("unknown", service.not_found)
        Call(self.world, service, operation, act, request, self).run()

    def report(self):
        """A defect of the simulator itself must be seen: on standard error, in the stats and by the client."""
        trace = traceback.format_exc()
        print(trace, file=sys.stderr, flush=True)
        self.world.ledger.crash(trace)
        self.close_connection = True
        try:
            self.write(Answer.text(500, trace))
        except OSError:
            pass

    # Reading

    def read_request(self):
        body = self.read_body()
        if body is None:
            self.close_connection = True
            self.write(Answer.text(413, "the body is too large or malformed"))
            return None
        headers = {}
        for name, value in self.headers.items():
            headers[name.lower()] = value
        host = headers.get("host") or "{}:{}".format(*self.server.server_address[:2])
        return Request.parse(self.command, self.path, headers, body, f"http://{host}")

    def read_body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self.read_chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the client left in the middle of the body")
        return body

    def read_chunks(self):
        pieces, total = [], 0
        while True:
            try:
                size = int(self.rfile.readline(64).partition(b";")[0], 16)
            except ValueError:
                return None
            total += size
            if size < 0 or total > BODY_LIMIT:
                return None
            if size == 0:
                while self.rfile.readline(1024).strip():
                    pass
                return b"".join(pieces)
            pieces.append(self.rfile.read(size))
            self.rfile.readline(8)

    # Writing

    def write(self, answer):
        self.wfile.write(self.head(answer) + (b"" if self.command == "HEAD" else answer.body))

    def head(self, answer):
        headers = {"Server": "simulator", "Date": self.date_time_string(), **answer.headers}
        if answer.stream is not None:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers.setdefault("Content-Length", str(len(answer.body)))
        if self.close_connection:
            headers["Connection"] = "close"
        phrase = self.responses.get(answer.status, ("",))[0]
        lines = [f"HTTP/1.1 {answer.status} {phrase}"] + [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def send(self, data):
        self.wfile.write(data)

    def close(self, with_reset=False):
        self.close_connection = True
        if with_reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    def client_is_gone(self, wait=0.0):
        try:
            readable, _, _ = select.select([self.connection], [], [], wait)
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, world, host="127.0.0.1", port=0):
        super().__init__((host, port), type("WorldHandler", (Handler,), {"world": world}))

    @property
    def url(self):
        return "http://{}:{}".format(*self.server_address[:2])

    def shutdown_request(self, request):
        """A FIN before the close would spoil the reset of a connection that is to be reset."""
        try:
            if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == RESET_ON_CLOSE:
                request.close()
                return
        except OSError:
            pass
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)
