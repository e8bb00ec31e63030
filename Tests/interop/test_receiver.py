"""The Python receiver over HTTP, with requests that the reference library signed."""
import datetime
import http.client
import json
import os
import subprocess
import sys

import pytest
from conftest import FIRST, WEBHOOKS
from standardwebhooks.webhooks import Webhook


@pytest.fixture
def start():
    running = []

    def start(count):
        process = subprocess.Popen(
            [sys.executable, WEBHOOKS / "verify" / "verify.py", "--port", "0", "--count", str(count)],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "THUMBWIRE_SECRET": FIRST})
        running.append(process)
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        return process, port

    yield start
    for process in running:
        process.kill()
        process.wait()


def post(port, body, signed_body):
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/", body.encode(), {
        "webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(FIRST).sign("msg_1", now, signed_body)})
    status = connection.getresponse().status
    connection.close()
    return status


def test_prints_genuine_events_and_ends_well(start):
    process, port = start(1)
    body = '{"type":"webhook.test"}'

    assert post(port, body, body) == 204

    assert json.loads(process.stdout.readline()) == json.loads(body)
    assert process.wait(30) == 0


def test_refuses_forged_events_and_says_so(start):
    process, port = start(1)

    assert post(port, '{"type":"forged"}', "{}") == 401

    assert process.stdout.readline().startswith("refused: ")
    assert process.wait(30) == 1
