"""webhooks/endpoints.example.json declares endpoints as it says: made once, kept over a restart, secrets from outside."""
import json
import os
import subprocess

import pytest
from conftest import FIRST, ROOT, SECOND, WEBHOOKS
from test_live import BINARY, KEY, call, sink  # noqa: F401 (a fixture)
from test_signatures import receiver as our_receiver

EXAMPLE = json.loads((WEBHOOKS / "endpoints.example.json").read_text())
SECRETS = {"N8N_WEBHOOK_TOKEN": "a long random value", "N8N_WEBHOOK_SECRET": FIRST, "CMS_WEBHOOK_SECRET": SECOND}


@pytest.fixture
def start(tmp_path):
    """Starts a service with that content as its file of endpoints; stops the one before."""
    running = []

    def stop():
        for process in running:
            process.terminate()
            assert process.wait(timeout=60) == 0
        running.clear()

    def start(content):
        stop()
        file = tmp_path / "endpoints.json"
        file.write_text(json.dumps(content))
        process = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--plugins",
             ROOT / "plugins.json", "--allow-private-webhooks", "127.0.0.1", "--webhooks", file],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, **SECRETS, "THUMBWIRE_ADMIN_KEY": KEY})
        running.append(process)
        return json.loads(process.stdout.readline())["url"]

    yield start
    stop()


def test_the_example_declares_its_endpoints_once(start, sink):  # noqa: F811
    address, received = sink
    content = {"endpoints": [
        {**endpoint, "url": f"{address}/{number}"} for number, endpoint in enumerate(EXAMPLE["endpoints"])]}
    first = call("GET", f"{start(content)}/v1/webhook-endpoints")["data"]
    url = start(content)
    shown = call("GET", f"{url}/v1/webhook-endpoints")["data"]

    assert [one["id"] for one in shown] == [one["id"] for one in first]
    assert [one["description"] for one in shown] == [one["description"] for one in EXAMPLE["endpoints"]]
    for secret in SECRETS.values():
        assert secret not in json.dumps(shown)
    call("POST", f"{url}/v1/jobs", {"title": "For all", "resolution": "64x64"})
    path, headers, body = received.get(timeout=120)
    assert path == "/0"
    assert headers["x-thumbwire-token"] == SECRETS["N8N_WEBHOOK_TOKEN"]
    assert our_receiver.verify(headers, body, [FIRST])["data"]["request"]["title"] == "For all"


def test_a_changed_file_changes_the_endpoint(start, sink):  # noqa: F811
    address, _ = sink
    endpoint = {**EXAMPLE["endpoints"][0], "url": f"{address}/0"}
    before = call("GET", f"{start({'endpoints': [endpoint]})}/v1/webhook-endpoints")["data"]
    changed = {**endpoint, "description": "changed"}
    after = call("GET", f"{start({'endpoints': [changed]})}/v1/webhook-endpoints")["data"]

    assert [(one["id"], one["description"]) for one in after] == [(before[0]["id"], "changed")]
