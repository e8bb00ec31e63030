"""A running Thumbwire's callback is accepted by other people's libraries and valid by our schemas.

Needs THUMBWIRE_URL and THUMBWIRE_KEY, of a server that allows webhooks to 127.0.0.1; skipped without them.
"""
import http.server
import json
import os
import queue
import threading
import urllib.request

import pytest
import standardwebhooks.webhooks
import svix.webhooks
from test_events import validator
from test_signatures import receiver as our_receiver

URL = os.environ.get("THUMBWIRE_URL")
KEY = os.environ.get("THUMBWIRE_KEY")
pytestmark = pytest.mark.skipif(not (URL and KEY), reason="THUMBWIRE_URL and THUMBWIRE_KEY are not set")


def call(method, path, body=None):
    request = urllib.request.Request(
        URL + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {KEY}", "content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@pytest.fixture
def sink():
    received = queue.Queue()

    class Sink(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()
            received.put((self.path, {name.lower(): value for name, value in self.headers.items()}, body))

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_callback_is_genuine_to_every_library(sink):
    address, received = sink
    secret = call("GET", "/v1/webhook-secret")["secret"]
    job = call("POST", "/v1/jobs", {
        "title": "Interop", "callbackUrl": address + "/wait/17?signature=a%2Fb",
        "callbackHeaders": {"x-team": "red"}})

    path, headers, body = received.get(timeout=120)

    assert path == "/wait/17?signature=a%2Fb"
    assert headers["x-team"] == "red"
    standardwebhooks.webhooks.Webhook(secret).verify(body.decode(), headers)
    svix.webhooks.Webhook(secret).verify(body, headers)
    event = our_receiver.verify(headers, body, [secret])
    assert event["id"] == headers["webhook-id"]
    assert event["data"]["id"] == job["id"]
    validator(event["type"]).validate(event)
