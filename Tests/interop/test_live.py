"""A real service's callback is accepted by other people's libraries and valid by our schemas."""
import http.server
import json
import os
import queue
import subprocess
import threading
import urllib.request

import pytest
import standardwebhooks.webhooks
import svix.webhooks
from conftest import ROOT
from test_events import validator
from test_signatures import receiver as our_receiver

BINARY = os.environ.get("THUMBWIRE_BINARY", ROOT / ".build" / "debug" / "thumbwire")
KEY = "interop-key-of-the-tests"


@pytest.fixture
def service(tmp_path):
    """The URL of a service of its own, which is stopped after the test."""
    process = subprocess.Popen(
        [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--plugins", ROOT / "plugins.json",
         "--allow-private-webhooks", "127.0.0.1"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "THUMBWIRE_ADMIN_KEY": KEY})
    yield json.loads(process.stdout.readline())["url"]
    process.terminate()
    assert process.wait(timeout=60) == 0


def call(method, url, body=None):
    request = urllib.request.Request(
        url, method=method, data=None if body is None else json.dumps(body).encode(),
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


def test_a_callback_is_genuine_to_every_library(service, sink):
    address, received = sink
    secret = call("GET", f"{service}/v1/webhook-secret")["secret"]
    job = call("POST", f"{service}/v1/jobs", {
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
