"""Clients that were made for Opus work against a real service with nothing but another base URL."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import time
import urllib.request

from conftest import ROOT
from test_live import KEY, call, service, sink  # noqa: F401

SCRIPT = pathlib.Path(__file__).with_name("opus_upload.sh")
PICTURE = base64.b64decode((ROOT / "Tests/simulators/atlas.jpg.base64").read_text())
SOURCE = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def test_the_documented_upload_ends_in_a_reference_picture(service, tmp_path):  # noqa: F811
    picture = tmp_path / "reference.jpg"
    picture.write_bytes(PICTURE)

    run = subprocess.run(
        [SCRIPT, service, picture, SOURCE], env={**os.environ, "OPUS_API_KEY": KEY}, capture_output=True, text=True,
        timeout=60)

    assert run.returncode == 0, run.stderr
    cdn, job = run.stdout.split()
    assert job.startswith("thumbnail-") and len(job) == len("thumbnail-") + 10
    with urllib.request.urlopen(cdn, timeout=30) as file:
        assert file.headers["content-type"] == "image/jpeg"
        assert file.read() == PICTURE
    assert call("GET", f"{service}/api/generative-jobs/{job}")["status"] in ("QUEUED", "PROCESSING", "CONCLUDED")


def test_a_conclusion_action_is_signed_as_opus_signs(service, sink):  # noqa: F811
    address, received = sink
    job = call("POST", f"{service}/api/generative-jobs", {
        "sourceUri": SOURCE, "prompt": "Bold, high-contrast YouTube thumbnail",
        "conclusionActions": [{"type": "WEBHOOK", "url": address + "/opus", "notifyFailure": True}]})["jobId"]

    path, headers, body = received.get(timeout=300)

    assert path == "/opus"
    salt = headers["x-opus-salt"]
    expected = hmac.new(KEY.encode(), body + salt.encode(), hashlib.sha256).hexdigest()
    assert headers["x-opus-signature"] == expected
    assert abs(int(headers["x-opus-timestamp"]) - time.time()) < 300
    event = json.loads(body)
    assert (event["type"], event["data"]["id"]) == ("thumbnail.completed", job)

    status = call("GET", f"{service}/api/generative-jobs/{job}")
    assert status["status"] == "CONCLUDED"
    assert status["progress"] == {"status": "CONCLUDED", "percentage": 1}
    pictures = status["result"]["generatedThumbnailUris"]
    assert len(set(pictures)) == 4
    for url in pictures:
        with urllib.request.urlopen(url, timeout=30) as file:
            assert file.read(8) == b"\x89PNG\r\n\x1a\n"
