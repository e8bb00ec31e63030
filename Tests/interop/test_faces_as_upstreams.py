"""Our own providers order from our own faces: what one side says is what the other understands."""
import hashlib
import json
import urllib.request

import pytest
from running import KEY, Receiver, Service, plugins, verifier
from test_openai_sdk import measure, png

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def services(tmp_path_factory, receiver):
    """A service that makes pictures without any key, one whose providers are its faces, and the first one's secret
    for webhooks."""
    folder = tmp_path_factory.mktemp("faces")
    maker = plugins(
        {"studio": {}}, {"default": ["studio"]},
        {"soke": "default", "soke-background": "default", "opus": "default", "openai": "default"})
    with Service(folder / "maker", maker) as upstream:
        buyer = plugins(
            {"soke": {"apiKey": KEY, "baseUrl": upstream.url + "/api/v1"},
             "opus": {"apiKey": KEY, "baseUrl": upstream.url},
             "dalle": {"apiKey": KEY, "baseUrl": upstream.url + "/v1"}},
            {"default": ["soke"], "opus": ["opus"], "dalle": ["dalle"]})
        endpoint = upstream.call("POST", "/v1/webhook-endpoints", {
            "url": receiver.url + "/maker", "events": ["thumbnail.completed", "thumbnail.failed"]})
        with Service(folder / "buyer", buyer) as service:
            yield upstream, service, endpoint["secret"]


def upload(service, picture):
    """Where a picture is after the documented steps of an upload to Opus."""
    link = service.call(
        "POST", "/api/upload-links", {"usecase": "FreeToolMedia", "type": "Upload", "extension": "png"})
    start = urllib.request.Request(link["url"], b"", {"x-goog-resumable": "start"}, method="POST")
    with urllib.request.urlopen(start, timeout=60) as answer:
        session = answer.headers["location"]
    put = urllib.request.Request(session, picture, {"Content-Type": "application/octet-stream"}, method="PUT")
    with urllib.request.urlopen(put, timeout=60):
        return link["cdnUrl"]


def has_file(service, data):
    """Whether the service keeps a file of that content."""
    return any(service.data.glob(f"artifacts/**/*{hashlib.sha256(data).hexdigest()}*"))


@pytest.mark.parametrize("provider, chain, prefix", [
    ("soke", "default", "thumb_"), ("opus", "opus", "thumbnail-"), ("dalle", "dalle", "job_")])
def test_a_job_through_two_services(services, receiver, provider, chain, prefix):
    upstream, service, secret = services
    before = {job["id"] for job in upstream.jobs()}
    job = {"title": "Two services", "videoUrl": VIDEO, "resolution": "320x180", "chain": chain,
           "callbackUrl": receiver.url + "/buyer"}
    if provider != "soke":
        # Another one for each provider, as files are kept by their content.
        picture = png(320, 180 + len(provider))
        job["referenceImageUrl"] = upload(service, picture)
    ended = service.ended(service.call("POST", "/v1/jobs", job)["id"])

    assert ended["status"] == "completed", json.dumps(ended)
    assert ended["provider"] == provider
    with urllib.request.urlopen(ended["outputs"][0]["url"], timeout=60) as file:
        assert measure(file.read()) == ("jpeg", 320, 180)
    [made] = [job for job in upstream.jobs() if job["id"] not in before]
    assert made["id"].startswith(prefix)
    assert (made["status"], made["provider"]) == ("completed", "studio")
    secrets = {"/maker": secret, "/buyer": service.call("GET", "/v1/webhook-secret")["secret"]}
    for path, id in (("/maker", made["id"]), ("/buyer", ended["id"])):
        event = verifier.verify(*receiver.wait_for(path, id), [secrets[path]])
        assert (event["type"], event["data"]["id"]) == ("thumbnail.completed", id)
    if provider != "soke":
        assert has_file(upstream, picture), "the reference picture did not reach the first service"
