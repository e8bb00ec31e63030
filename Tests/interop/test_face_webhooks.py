"""Every face takes a webhook with the request, and standing endpoints hear of jobs from every face."""
import base64

import openai
import pytest
from running import KEY, Receiver, Service, plugins, verifier
from test_openai_sdk import png

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
SOKE = {"manualTitle": "A webhook", "colorGrading": "Warm", "layoutType": "TextLeft"}
PICTURE = {"image_url": "data:image/png;base64," + base64.b64encode(png(64, 64)).decode()}

# Path, body, and where the job's id is in the answer; OpenAI's answers do not tell it.
ENTRIES = {
    "native": ("/v1/jobs", {"title": "A webhook", "resolution": "320x180"}, lambda answer: answer["id"]),
    "soke": ("/api/v1/thumbnail/generate", SOKE, lambda answer: answer["data"]["id"]),
    "soke-background": (
        "/api/v1/thumbnail/generate-background", {"manualPrompt": "A desk"}, lambda answer: answer["data"]["id"]),
    "opus": ("/api/generative-jobs", {"sourceUri": VIDEO, "prompt": "A desk"}, lambda answer: answer["jobId"]),
    "generation": ("/v1/images/generations", {"prompt": "A fox", "size": "256x256"}, None),
    "edit": ("/v1/images/edits", {"prompt": "A hat", "model": "gpt-image-2", "images": [PICTURE]}, None),
}
FIELDS = {"native": "callbackUrl"}


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    faces = dict.fromkeys(["soke", "soke-background", "opus", "openai"], "default")
    with Service(tmp_path_factory.mktemp("webhooks"), plugins({"studio": {}}, {"default": ["studio"]}, faces)) as one:
        yield one


@pytest.fixture(scope="module")
def secrets(service, receiver):
    """By path of the receiver: of callbacks, and of an endpoint that hears of everything's end."""
    endpoint = service.call("POST", "/v1/webhook-endpoints", {
        "url": receiver.url + "/endpoint", "events": ["thumbnail.completed"]})
    return {"/callback": service.call("GET", "/v1/webhook-secret")["secret"], "/endpoint": endpoint["secret"]}


@pytest.mark.parametrize("place", ["body", "header"])
@pytest.mark.parametrize("entry", ENTRIES)
def test_a_request_brings_its_webhook(service, receiver, secrets, entry, place):
    path, body, id_of = ENTRIES[entry]
    url, headers = receiver.url + "/callback", {}
    if place == "body":
        body = {**body, FIELDS.get(entry, "webhookUrl"): url}
    else:
        headers["X-Thumbwire-Callback"] = url
    before = {job["id"] for job in service.jobs()}

    answer = service.call("POST", path, body, headers)

    [id] = [job["id"] for job in service.jobs() if job["id"] not in before]
    assert id_of is None or id_of(answer) == id
    events = {}
    for where, secret in secrets.items():
        webhook = receiver.wait_for(where, id)
        events[where] = verifier.verify(*webhook, [secret])
    assert events["/callback"] == events["/endpoint"], "one event, told twice"
    assert events["/callback"]["type"] == "thumbnail.completed"
    # The job tells by now what the callback answered.
    event, job = events["/callback"]["data"], service.call("GET", f"/v1/jobs/{id}")
    assert {**event, "callback": None} == {**job, "callback": None}


def test_a_form_brings_its_webhook(service, receiver, secrets):
    """As OpenAI's SDK sends edits: the webhook is one more field of the form."""
    before = {job["id"] for job in service.jobs()}
    with openai.OpenAI(base_url=service.url + "/v1", api_key=KEY) as client:
        client.images.edit(
            image=png(64, 64), prompt="A hat", size="256x256", extra_body={"webhookUrl": receiver.url + "/callback"})

    [id] = [job["id"] for job in service.jobs() if job["id"] not in before]
    event = verifier.verify(*receiver.wait_for("/callback", id), [secrets["/callback"]])
    assert event["type"] == "thumbnail.completed"


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_webhook_to_a_forbidden_address_is_refused(service, entry):
    path, body, _ = ENTRIES[entry]
    count = len(service.jobs())

    status, _ = service.send("POST", path, body, {"X-Thumbwire-Callback": "http://169.254.169.254/latest"})

    assert status == (422 if entry == "native" else 400)
    assert len(service.jobs()) == count
