"""OpenAI's own SDK, unchanged but for `base_url`, makes, edits and streams pictures, and meets each class of error."""
import base64
import json
import os
import struct
import subprocess
import urllib.request
import zlib

import httpx
import openai
import pytest
from conftest import ROOT

BINARY = os.environ.get("THUMBWIRE_BINARY", ROOT / ".build" / "debug" / "thumbwire")
KEY = "interop-key-of-the-tests"
SMALL = "256x256"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The URL of a service that all tests of this file share; it makes pictures without any key."""
    data = tmp_path_factory.mktemp("openai") / "data"
    process = subprocess.Popen(
        [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", data, "--plugins", ROOT / "plugins.json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "THUMBWIRE_ADMIN_KEY": KEY})
    yield json.loads(process.stdout.readline())["url"]
    process.terminate()
    assert process.wait(timeout=60) == 0


@pytest.fixture(scope="module")
def client(service):
    with openai.OpenAI(base_url=f"{service}/v1", api_key=KEY) as client:
        yield client


def call(method, url, body=None):
    request = urllib.request.Request(
        url, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {KEY}", "content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def png(width, height, alpha=None):
    """A PNG of one colour; `alpha` adds that channel."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    pixel = b"\x20\x60\xa0" + (b"" if alpha is None else bytes([alpha]))
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if alpha is None else 6, 0, 0, 0)
    rows = (b"\0" + pixel * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def measure(data):
    """Format and size, as the file itself says."""
    if data.startswith(b"\x89PNG"):
        return "png", *struct.unpack(">II", data[16:24])
    if data.startswith(b"RIFF") and data[8:16] == b"WEBPVP8 ":
        return "webp", *(side & 0x3FFF for side in struct.unpack("<HH", data[26:30]))
    assert data.startswith(b"\xff\xd8")
    offset = 2
    while True:
        marker, length = struct.unpack(">HH", data[offset:offset + 4])
        if 0xFFC0 <= marker <= 0xFFC2:
            height, width = struct.unpack(">HH", data[offset + 5:offset + 9])
            return "jpeg", width, height
        offset += 2 + length


def test_no_model_answers_links_as_dall_e_2_did(client):
    answer = client.images.generate(prompt="a red fox in snow", size=SMALL, n=2)

    assert len(answer.data) == 2
    for image in answer.data:
        assert image.b64_json is None and image.revised_prompt is None
        with urllib.request.urlopen(image.url, timeout=30) as file:
            assert measure(file.read()) == ("png", 256, 256)
    assert answer.created > 1_700_000_000
    assert answer.usage is None


def test_dall_e_3_answers_base64_and_the_prompt_that_was_used(client):
    answer = client.images.generate(
        model="dall-e-3", prompt="a red fox", size="1792x1024", quality="hd", style="natural", user="u-1",
        response_format="b64_json")

    assert measure(base64.b64decode(answer.data[0].b64_json)) == ("png", 1792, 1024)
    assert answer.data[0].revised_prompt == "a red fox"


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_gpt_image_models_answer_the_size_and_format_asked_for(client, format):
    more = {} if format == "png" else {"output_compression": 60}
    answer = client.images.generate(
        model="gpt-image-2", prompt="a red fox", size="1280x720", output_format=format, quality="low",
        background="opaque", moderation="low", **more)

    assert measure(base64.b64decode(answer.data[0].b64_json)) == (format, 1280, 720)
    assert (answer.size, answer.output_format, answer.quality) == ("1280x720", format, "low")
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_edits_with_pictures_and_a_mask(client):
    answer = client.images.edit(
        model="gpt-image-1", image=[("a.png", png(64, 96)), ("b.png", png(32, 32))], prompt="add a hat",
        mask=("mask.png", png(64, 96, alpha=0)), input_fidelity="high")

    assert measure(base64.b64decode(answer.data[0].b64_json)) == ("png", 1024, 1536)


def test_edits_one_picture_as_dall_e_2_did(client):
    answer = client.images.edit(image=png(64, 64), prompt="add a hat", size=SMALL)

    assert answer.data[0].url


def test_varies_a_picture(client):
    answer = client.images.create_variation(image=png(64, 64), size=SMALL, response_format="b64_json")

    assert measure(base64.b64decode(answer.data[0].b64_json)) == ("png", 256, 256)


def test_edits_pictures_that_come_in_json(client):
    link = "data:image/png;base64," + base64.b64encode(png(64, 64)).decode()
    answer = client.post(
        "/images/edits", cast_to=openai.types.ImagesResponse,
        body={"model": "gpt-image-2", "prompt": "add a hat", "images": [{"image_url": link}]})

    assert answer.size == "1024x1024"


def test_streams_a_generation(client):
    events = list(client.images.generate(
        model="gpt-image-1", prompt="a red fox", stream=True, partial_images=2, n=2))

    completed = [event for event in events if event.type == "image_generation.completed"]
    assert len(completed) == 2 and events[-1] is completed[-1]
    assert measure(base64.b64decode(completed[0].b64_json)) == ("png", 1536, 1024)
    assert completed[0].usage.total_tokens == 0
    assert len(events) - len(completed) <= 2


def test_streams_an_edit(client):
    events = list(client.images.edit(model="gpt-image-1", image=png(64, 64), prompt="a hat", stream=True))

    assert [event.type for event in events] == ["image_edit.completed"]


def test_lists_models_with_their_end(client):
    models = {model.id: model for model in client.models.list()}

    assert models["dall-e-3"].shutdown_date == "2026-05-12"
    assert models["gpt-image-2"].shutdown_date is None
    assert client.models.retrieve("gpt-image-2").owned_by == "system"


@pytest.mark.parametrize("parameters, param, code", [
    ({"model": "gpt-image-1", "response_format": "url"}, "response_format", "unknown_parameter"),
    ({"model": "gpt-image-1", "size": "1254x836"}, "size", "invalid_value"),
    ({"model": "dall-e-3", "n": 2}, "n", "invalid_value"),
    ({"size": "auto"}, "size", "invalid_value"),
    ({"quality": "hd"}, "quality", "invalid_value"),
    ({"extra_body": {"sise": "1024x1024"}}, "sise", "unknown_parameter"),
])
def test_wrong_parameters_are_bad_requests(client, parameters, param, code):
    with pytest.raises(openai.BadRequestError) as refusal:
        client.images.generate(prompt="a red fox", **parameters)

    assert (refusal.value.param, refusal.value.code) == (param, code)
    assert refusal.value.type == "invalid_request_error"
    assert refusal.value.request_id
    assert refusal.value.response.headers["x-should-retry"] == "false"


def test_wrong_pictures_are_bad_requests(client):
    for image, mask, param in [(b"GIF89a", None, "image"), (png(64, 64), png(32, 64, alpha=0), "mask"),
                               (png(64, 64), png(64, 64), "mask")]:
        with pytest.raises(openai.BadRequestError) as refusal:
            client.images.edit(
                model="gpt-image-1", image=image, prompt="a hat", mask=openai.omit if mask is None else mask)
        assert refusal.value.param == param


def test_unknown_keys_and_models(service, client):
    with pytest.raises(openai.AuthenticationError) as refusal:
        client.with_options(api_key="wrong").images.generate(prompt="a red fox")
    assert refusal.value.code == "invalid_api_key"

    with pytest.raises(openai.NotFoundError) as refusal:
        client.images.generate(prompt="a red fox", model="gpt-image-0")
    assert (refusal.value.code, refusal.value.param) == ("model_not_found", "model")

    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_a_key_that_asks_too_often_is_told_when_to_come_back(service, client):
    key = call("POST", f"{service}/v1/keys", {"name": "slow", "requestsPerMinute": 1})["key"]
    limited = client.with_options(api_key=key, max_retries=0)
    limited.models.list()

    with pytest.raises(openai.RateLimitError) as refusal:
        limited.models.list()

    assert refusal.value.code == "rate_limit_exceeded"
    headers = refusal.value.response.headers
    assert 0 < int(headers["retry-after"]) <= 60
    assert headers["x-ratelimit-limit-requests"] == "1"
    assert headers["x-ratelimit-remaining-requests"] == "0"


def test_the_sdks_own_retries_join_the_job(service):
    """The SDK gives up several times before the pictures are done, and one job is all that comes of it."""
    tries = []
    http = httpx.Client(event_hooks={"request": [lambda request: tries.append(dict(request.headers))]})
    before = {job["id"] for job in call("GET", f"{service}/v1/jobs?limit=100")["data"]}
    # Ten pictures take longer than a fifth of a second on any machine.
    with openai.OpenAI(
            base_url=f"{service}/v1", api_key=KEY, timeout=0.2, max_retries=60, http_client=http) as hasty:
        answer = hasty.images.generate(prompt="retried", n=10)

    made = [job for job in call("GET", f"{service}/v1/jobs?limit=100")["data"] if job["id"] not in before]
    assert len(answer.data) == 10
    assert len(tries) > 1 and int(tries[-1]["x-stainless-retry-count"]) == len(tries) - 1
    assert len(made) == 1


def test_an_equal_request_after_an_answer_is_a_wish_of_its_own(service, client):
    before = len(call("GET", f"{service}/v1/jobs?limit=100")["data"])
    first = client.images.generate(prompt="twice", size=SMALL)
    # The answer is noted once its last byte is out, which the client cannot see: it may still be joined for a moment.
    for _ in range(200):
        second = client.images.generate(prompt="twice", size=SMALL)
        if second.data[0].url != first.data[0].url:
            break

    assert second.data[0].url != first.data[0].url
    assert len(call("GET", f"{service}/v1/jobs?limit=100")["data"]) == before + 2
