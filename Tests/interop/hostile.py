"""Receivers that do everything wrong, each on a port of its own, until they are closed."""
import contextlib
import gzip
import os
import socket
import ssl
import struct
import subprocess
import threading

OK = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = 1 << 20


class Peer:
    """A connection as a behaviour sees it. Everything ends with an OSError once either side has closed it."""

    def __init__(self, connection, closed):
        self.connection, self.closed = connection, closed

    def send(self, data):
        self.connection.sendall(data)

    def rest(self, seconds):
        if self.closed.wait(seconds):
            raise OSError("closed")

    def wait(self):
        """Until the other side gives up."""
        while self.connection.recv(4096):
            pass

    def request(self):
        """Reads the head and the body."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.connection.recv(65536)
            if not piece:
                raise OSError("closed")
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                       if line.startswith(b"content-length:")), 0)
        while len(body) < length:
            body += self.connection.recv(65536)
        return head, body

    def reset(self):
        """Closes with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


class Listener:
    """Runs `behaviour` for each connection, in a thread of its own."""

    def __init__(self, behaviour, tls=None, buffer=None):
        self.behaviour, self.tls, self.connections, self.open = behaviour, tls, 0, set()
        self.closed = threading.Event()
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(256)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.connections += 1
                self.open.add(connection)
                threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError, ValueError), contextlib.closing(connection):
            secured = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            self.behaviour(Peer(secured, self.closed))
        self.open.discard(connection)

    def close(self):
        self.closed.set()
        for one in [self.socket, *list(self.open)]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def answering(*pieces, rest=0.0, forever=False, close=True):
    """Reads the request, writes the pieces, and closes or waits."""
    def behave(peer):
        peer.request()
        for piece in pieces:
            peer.send(piece)
            if rest:
                peer.rest(rest)
        while forever:
            peer.send(pieces[-1])
            if rest:
                peer.rest(rest)
        if not close:
            peer.wait()
    return behave


def drip(data):
    """A byte each second."""
    return [bytes([byte]) for byte in data]


def silent(peer):
    peer.wait()


def deaf(peer):
    """Never reads anything."""
    peer.rest(10_000)


def gone(peer):
    """Closes before anything was read."""


def half_closed(peer):
    """Says that it will write nothing, and goes on reading."""
    peer.connection.shutdown(socket.SHUT_WR)
    peer.wait()


def read_side_closed(peer):
    """Says that it will read nothing more in the middle of its answer, and never ends that."""
    peer.request()
    peer.connection.shutdown(socket.SHUT_RD)
    peer.send(OK + b"Content-Length: 10\r\n\r\n12345")
    peer.rest(10_000)


def resetting(*pieces):
    def behave(peer):
        peer.request()
        for piece in pieces:
            peer.send(piece)
        peer.reset()
    return behave


def echo_without_end(peer):
    """Answers with what it was sent, again and again."""
    head, body = peer.request()
    peer.send(OK + b"\r\n")
    while True:
        peer.send(head + body)


def status(code, *fields, body=b""):
    lines = [b"HTTP/1.1 " + code, b"Content-Length: %d" % len(body), *fields, b"", body]
    return answering(b"\r\n".join(lines), close=False)


def self_signed(folder):
    """A TLS context that nobody has a reason to trust."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


BOMB = gzip.compress(bytes(64 * MEGABYTE))
LOST = {"connection_lost"}
GARBLED = {"protocol_error"}

# What it does, and how an attempt at it may end: statuses, or classes of errors.
BEHAVIOURS = {
    "never answers": (silent, {"timeout"}),
    "never reads": (deaf, {"timeout"}),
    "drips its head": (answering(*drip(OK + b"X-A: " + b"a" * 500), rest=1, close=False), {"timeout"}),
    "drips its body": (answering(OK + b"Content-Length: 500\r\n\r\n", *drip(b"a" * 500), rest=1), {"timeout"}),
    "drips chunks": (
        answering(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", rest=1, forever=True), {"timeout"}),
    "drips interim answers": (answering(b"HTTP/1.1 102 Processing\r\n\r\n", rest=1, forever=True), {"timeout"}),
    "promises more than it sends, and waits": (
        answering(OK + b"Content-Length: 100\r\n\r\nhello", close=False), {"timeout"}),
    "has a body without end": (answering(OK + b"\r\n", b"x" * 65536, forever=True), {200}),
    "has chunks without end": (
        answering(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", forever=True), {200}),
    "echoes without end": (echo_without_end, {200}),
    "has an endless body for a failure": (
        answering(b"HTTP/1.1 500 Oops\r\n\r\n", b"x" * 65536, forever=True), {500}),
    "sends a gzip bomb": (
        answering(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), BOMB), {200}),
    "closes before the request": (gone, LOST),
    "closes after the request": (answering(), LOST),
    "resets after the request": (resetting(), LOST),
    "resets in its head": (resetting(OK + b"Content-Le"), LOST),
    "resets in its body": (resetting(OK + b"Content-Length: 100\r\n\r\nhello"), LOST),
    "closes in its head": (answering(OK + b"Content-Le"), LOST),
    "closes in its body": (answering(OK + b"Content-Length: 100\r\n\r\nhello"), LOST),
    "closes in a chunk": (answering(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nhello"), LOST),
    "closes its side for writing": (half_closed, LOST),
    "closes its side for reading": (read_side_closed, LOST | {"timeout"}),
    "storms with 100 Continue": (answering(b"HTTP/1.1 100 Continue\r\n\r\n", forever=True), GARBLED),
    "storms with 103 Early Hints": (
        answering(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", forever=True), GARBLED),
    "answers after 100 and 103": (
        answering(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                  b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", close=False), {202}),
    "ends with 100 Continue": (answering(b"HTTP/1.1 100 Continue\r\n\r\n"), LOST | GARBLED),
    "switches protocols": (
        answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b"x" * 100),
        LOST | GARBLED | {101}),
    "has a field of 1 MB": (
        answering(OK + b"X-A: " + b"a" * MEGABYTE + b"\r\nContent-Length: 0\r\n\r\n"), GARBLED),
    "has 1 MB of fields": (
        answering(OK + b"X-A: aaaaaaaaaaaaaaaaaaaaaaaa\r\n" * (MEGABYTE // 32) + b"Content-Length: 0\r\n\r\n"), GARBLED),
    "has fields without end": (answering(OK, b"X-A: a\r\n" * 1000, forever=True), GARBLED),
    "has a field without end": (answering(OK + b"X-A: ", b"a" * 65536, forever=True), GARBLED),
    "has a status line without end": (answering(b"HTTP/1.1 200 ", b"a" * 65536, forever=True), GARBLED),
    "has trailers without end": (
        answering(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: a\r\n" * 1000, forever=True), GARBLED),
    "names a length below zero": (answering(OK + b"Content-Length: -1\r\n\r\nhello"), GARBLED | LOST | {200}),
    "names two lengths": (
        answering(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), GARBLED | LOST | {200}),
    "names a length that no number holds": (
        answering(OK + b"Content-Length: 99999999999999999999999\r\n\r\nhello"), GARBLED | LOST | {200}),
    "sends more than it promised": (answering(OK + b"Content-Length: 1\r\n\r\nhello"), {200}),
    "has chunks of garbage": (
        answering(OK + b"Transfer-Encoding: chunked\r\n\r\nnot a number\r\nhello"), GARBLED | LOST),
    "has a chunk that no number holds": (
        answering(OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nhello"), GARBLED | LOST),
    "speaks HTTP/0.9": (answering(b"<html>hello</html>"), GARBLED),
    "speaks HTTP/1.0": (answering(b"HTTP/1.0 200 OK\r\n\r\nhello"), {200}),
    "speaks HTTP/2 unasked": (answering(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])), GARBLED),
    "speaks SMTP": (lambda peer: peer.send(b"220 mail.example ESMTP\r\n") or peer.wait(), GARBLED | {"timeout"}),
    "has NUL in its head": (answering(OK + b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n"), GARBLED | {200}),
    "sends bytes that are no text": (status(b"500 \xff\xfe", body=bytes(range(256))), {500}),
    "has a body with 204": (answering(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), {204}),
    "answers 304": (status(b"304 Not Modified"), {304}),
    "answers 300": (status(b"300 Multiple Choices", b"Location: /a"), {300}),
    "answers 301 to itself": (status(b"301 Moved", b"Location: /"), {301}),
    "answers 302 to itself": (status(b"302 Found", b"Location: /"), {302}),
    "answers 307 to metadata": (status(b"307 Moved", b"Location: http://169.254.169.254/latest/"), {307}),
    "answers 308 to metadata": (status(b"308 Moved", b"Location: http://169.254.169.254/latest/"), {308}),
    "answers 999": (status(b"999 No"), {999} | GARBLED),
    "answers 000": (status(b"000 No"), {0} | GARBLED | LOST),
    "answers 99": (status(b"99 No"), GARBLED | LOST),
    "answers 2000": (status(b"2000 OK"), GARBLED | LOST),
}
