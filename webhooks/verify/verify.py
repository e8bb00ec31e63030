#!/usr/bin/env python3
"""Verifies webhooks on the standard library alone: those that come, or one that was saved.

    THUMBWIRE_SECRET=whsec_... python3 verify.py [--port 8000] [--count N]
    THUMBWIRE_SECRET=whsec_... python3 verify.py HEADERS BODY

Several secrets may be given, separated by spaces, while one is being rotated. The port is printed first; port 0 takes
a free one. With --count it ends after that many requests: exit code 0 when all were genuine, else 1. HEADERS and BODY
are files: its headers, one a line, and its exact body; NOW=skip, or a number of seconds since 1970, lets an old
request pass.
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
LARGEST_BODY = 1 << 20


class NotGenuine(Exception):
    """Why a request is not believed."""


def verify(headers, body, secrets, now=None):
    """Returns the event, or raises NotGenuine.

    `headers` is a mapping that knows the three webhook-* names, `body` the bytes exactly as received: JSON that was
    parsed and written again has another signature. `now` is "skip" for a request of any age.
    """
    message_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not message_id or not timestamp or not signatures:
        raise NotGenuine("a webhook-* header is missing")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise NotGenuine("webhook-timestamp is not a whole number of seconds")
    now = time.time() if now is None else now
    if now != "skip" and abs(now - int(timestamp)) > TOLERANCE_SECONDS:
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
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.answer(413 if length.isdigit() else 411, close=True)
            self.server.note(False, "refused: the length of the body is not said, or more than 1 MiB")
            return
        body = self.rfile.read(int(length))
        try:
            event = verify(self.headers, body, self.server.secrets)
        except NotGenuine as reason:
            self.answer(401)
            self.server.note(False, f"refused: {reason}")
            return
        self.answer(204)
        self.server.note(True, json.dumps(event))

    def answer(self, status, close=False):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        if close:
            self.send_header("connection", "close")
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


def receive(options, secrets):
    server = Server(options.port, secrets, options.count)
    server.timeout = 0.2
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    while server.left is None or server.left > 0:
        server.handle_request()
    return 0 if server.all_genuine else 1


def check(headers_file, body_file, secrets):
    now = os.environ.get("NOW") or None
    with open(headers_file, encoding="latin-1") as lines:
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
    with open(body_file, "rb") as file:
        body = file.read()
    try:
        verify(headers, body, secrets, now=now if now in (None, "skip") else int(now))
    except NotGenuine as reason:
        print(f"refused: {reason}", file=sys.stderr)
        return 1
    print("genuine")
    return 0


def number(text):
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=number, default=8000)
    parser.add_argument("--count", type=number)
    parser.add_argument("saved", nargs="*", metavar="HEADERS BODY")
    options = parser.parse_args()
    if len(options.saved) not in (0, 2):
        parser.error("a saved request is two files: HEADERS BODY")
    secrets = os.environ.get("THUMBWIRE_SECRET", "").split()
    if not secrets:
        parser.error("THUMBWIRE_SECRET is not set")
    return check(*options.saved, secrets) if options.saved else receive(options, secrets)


if __name__ == "__main__":
    sys.exit(main())
