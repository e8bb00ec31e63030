#!/usr/bin/env python3
"""A webhook receiver on the standard library alone: verifies each request and prints its event.

    THUMBWIRE_SECRET=whsec_... python3 verify.py [--port 8000] [--count N]

Several secrets may be given, separated by spaces, while one is being rotated. The port is printed first; port 0 takes
a free one. With --count it ends after that many requests: exit code 0 when all were genuine, else 1.
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300


class NotGenuine(Exception):
    """Why a request is not believed."""


def verify(headers, body, secrets, now=None):
    """Returns the event, or raises NotGenuine.

    `headers` is a mapping that knows the three webhook-* names, `body` the bytes exactly as received: JSON that was
    parsed and written again has another signature.
    """
    message_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not message_id or not timestamp or not signatures:
        raise NotGenuine("a webhook-* header is missing")
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise NotGenuine("webhook-timestamp is not a whole number of seconds")
    now = time.time() if now is None else now
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise NotGenuine("webhook-timestamp is more than five minutes off")

    signed = f"{message_id}.{timestamp}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        for token in signatures.split(" "):
            version, _, value = token.partition(",")
            if version == "v1" and hmac.compare_digest(value.encode(), expected):
                return json.loads(body) if body else None
    raise NotGenuine("no v1 signature matches")


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            event = verify(self.headers, body, self.server.secrets)
        except NotGenuine as reason:
            self.answer(401)
            self.server.note(False, f"refused: {reason}")
            return
        self.answer(204)
        self.server.note(True, json.dumps(event))

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port, secrets, count):
        super().__init__(("127.0.0.1", port), Receiver)
        self.secrets = secrets
        self.left = count
        self.all_genuine = True

    def note(self, genuine, line):
        self.all_genuine &= genuine
        print(line, flush=True)
        if self.left is not None:
            self.left -= 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--count", type=int)
    options = parser.parse_args()
    secrets = os.environ.get("THUMBWIRE_SECRET", "").split()
    if not secrets:
        sys.exit("THUMBWIRE_SECRET is not set")
    server = Server(options.port, secrets, options.count)
    server.timeout = 0.2
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    while server.left is None or server.left > 0:
        server.handle_request()
    return 0 if server.all_genuine else 1


if __name__ == "__main__":
    sys.exit(main())
