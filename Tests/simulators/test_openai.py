"""OpenAI Images as documented and observed: parameters by model, errors with four keys, streams, edits, Azure."""

import base64
import http.client
import json

import pictures
import pytest
from fixtures import process, sim  # noqa: F401

KEY = {"Authorization": "Bearer sk-proj-1"}
BODY = {"model": "gpt-image-2", "prompt": "A loaf of bread", "size": "1280x720"}


def generate(sim, headers=KEY, **fields):
    body = {name: value for name, value in {**BODY, **fields}.items() if value is not None}
    return sim.send("POST", "/openai/v1/images/generations", body, headers)


def edit(sim, *parts, headers=KEY):
    """Parts are (name, value), bytes being files."""
    pieces = []
    for name, value in parts:
        file = '; filename="f.png"\r\nContent-Type: image/png' if isinstance(value, bytes) else ""
        data = value if isinstance(value, bytes) else value.encode()
        pieces.append(f'--xyz\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n")
    return sim.send("POST", "/openai/v1/images/edits", b"".join(pieces) + b"--xyz--\r\n",
                    {**headers, "Content-Type": "multipart/form-data; boundary=xyz"})


def error(reply):
    return reply.json()["error"]


def events(body):
    lines = [block.split("\n") for block in body.decode().strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in lines]


def test_pictures_come_as_base64_in_the_asked_size(sim):
    reply = generate(sim, n=2, quality="high", output_format="jpeg")
    document = reply.json()
    found = [base64.b64decode(item["b64_json"]) for item in document["data"]]

    assert [pictures.measure(data)[:3] for data in found] == [("jpeg", 1280, 720)] * 2
    assert found[0] != found[1]
    assert (document["size"], document["quality"], document["output_format"]) == ("1280x720", "high", "jpeg")
    assert document["usage"]["total_tokens"] == document["usage"]["input_tokens"] + document["usage"]["output_tokens"]
    assert {"x-request-id", "openai-processing-ms", "x-ratelimit-limit-requests"} <= set(map(str.lower, reply.headers))
    assert sim.counts("openai", "generate")["units"] == 2


def test_a_transparent_png_has_alpha(sim):
    data = base64.b64decode(generate(sim, background="transparent").json()["data"][0]["b64_json"])

    assert pictures.measure(data) == ("png", 1280, 720, True)


@pytest.mark.parametrize("fields, param, code", [
    ({"response_format": "url"}, "response_format", "unknown_parameter"),
    ({"style": "vivid"}, "style", "unknown_parameter"),
    ({"size": "1080x1920"}, "size", "invalid_value"),
    ({"size": "640x640"}, "size", "invalid_value"),
    ({"size": "3856x2160"}, "size", "invalid_value"),
    ({"size": "3200x640"}, "size", "invalid_value"),
    ({"size": "big"}, "size", "invalid_value"),
    ({"quality": "hd"}, "quality", "invalid_value"),
    ({"quality": "max"}, "quality", "invalid_value"),
    ({"n": 11}, "n", "integer_above_max_value"),
    ({"n": "2"}, "n", "invalid_type"),
    ({"prompt": None}, "prompt", "missing_required_parameter"),
    ({"prompt": "x" * 32_001}, "prompt", "string_above_max_length"),
    ({"background": "transparent", "output_format": "jpeg"}, "background", "invalid_value"),
    ({"output_compression": 50}, "output_compression", "invalid_value"),
    ({"partial_images": 4}, "partial_images", "integer_above_max_value"),
    ({"moderation": "high"}, "moderation", "invalid_value"),
])
def test_parameters_are_checked_for_the_model(sim, fields, param, code):
    reply = generate(sim, **fields)

    assert reply.status == 400
    assert set(error(reply)) == {"message", "type", "param", "code"}
    assert (error(reply)["type"], error(reply)["param"], error(reply)["code"]) == ("invalid_request_error", param, code)
    assert sim.counts("openai", "generate")["creates"] == 0


@pytest.mark.parametrize("fields", [
    {"size": "1152x2048"}, {"size": "auto"}, {"size": None}, {"model": None}, {"model": "gpt-image-2.6-flare"},
    {"model": "gpt-image-2.5-sunburst", "quality": "xhigh"}, {"model": "gpt-image-1.5", "size": "1536x1024"},
    {"output_format": "webp", "output_compression": 50, "moderation": "low", "user": "u"}])
def test_legal_requests_pass(sim, fields):
    assert generate(sim, **fields).status == 200


def test_observed_messages_are_quoted(sim):
    size = error(generate(sim, model="gpt-image-1.5", size="1254x836"))["message"]
    format = error(generate(sim, response_format="url"))["message"]

    assert size == ("Invalid value: '1254x836'. Supported values are: '1024x1024', '1024x1536', '1536x1024', "
                    "and 'auto'.")
    assert format == "Unknown parameter: 'response_format'."


def test_retired_models_are_gone_and_models_say_when_they_go(sim):
    replies = [generate(sim, model=name) for name in ("dall-e-2", "dall-e-3", "gpt-image-1", "none")]
    listed = {item["id"]: item["shutdown_date"] for item in
              sim.send("GET", "/openai/v1/models", headers=KEY).json()["data"]}

    assert [(reply.status, error(reply)["code"]) for reply in replies] == [(404, "model_not_found")] * 4
    assert "2026-05-12" in error(replies[1])["message"]
    assert (listed["gpt-image-1.5"], listed["gpt-image-2"]) == ("2026-12-01", None)
    assert "dall-e-3" not in listed
    assert sim.send("GET", "/openai/v1/models/gpt-image-2", headers=KEY).json()["object"] == "model"


def test_a_model_goes_on_its_day(sim):
    sim.configure(openai={"today": "2026-12-01"})

    assert generate(sim, model="gpt-image-1.5", size="auto").status == 404


def test_dalle_of_old_answers_with_links(sim):
    sim.configure(openai={"today": "2026-01-01", "url_lifetime_s": 3600})
    item = generate(sim, model="dall-e-3", size="1792x1024", style="vivid").json()["data"][0]
    before = sim.send("GET", item["url"])
    sim.advance(3600)

    assert pictures.measure(before.body)[1:3] == (1792, 1024)
    assert "revised_prompt" in item
    assert sim.send("GET", item["url"]).status == 403


@pytest.mark.parametrize("settings, status, type, code", [
    ({"moderation_input": ["bread"]}, 400, "image_generation_user_error", "moderation_blocked"),
    ({"moderation_output": ["bread"]}, 400, "image_generation_user_error", "moderation_blocked"),
    ({"content_policy": ["bread"]}, 400, "invalid_request_error", "content_policy_violation"),
    ({"billing_hard_limit": True}, 400, "invalid_request_error", "billing_hard_limit_reached"),
    ({"insufficient_quota": True}, 429, "insufficient_quota", "insufficient_quota"),
    ({"organization_verified": False}, 403, "invalid_request_error", None),
    ({"accepted_keys": ["other"]}, 401, "invalid_request_error", "invalid_api_key"),
])
def test_accounts_and_words_are_refused(sim, settings, status, type, code):
    sim.configure(openai=settings)

    reply = generate(sim)

    assert (reply.status, error(reply)["type"], error(reply)["code"]) == (status, type, code)
    if code == "moderation_blocked":
        stage = "input" if "moderation_input" in settings else "output"
        assert error(reply)["moderation_details"] == {"moderation_stage": stage, "categories": ["sexual"]}
    assert sim.counts("openai", "generate")["creates"] == 0


def test_pictures_a_minute_are_limited(sim):
    sim.configure(openai={"images_per_minute": 5})

    replies = [generate(sim, n=4), generate(sim, n=2), generate(sim)]
    sim.advance(60)

    assert [reply.status for reply in replies] == [200, 429, 200]
    assert error(replies[1])["code"] == "rate_limit_exceeded" and replies[1].headers["retry-after"] == "60"
    assert sim.counts("openai", "generate")["rate_limited"]["earned"] == 1
    assert generate(sim, n=4).status == 200


def test_a_stream_sends_partial_pictures_and_the_whole(sim):
    reply = generate(sim, stream=True, partial_images=2)
    found = events(reply.body)

    assert reply.headers["Content-Type"].startswith("text/event-stream")
    assert [name for name, _ in found] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert all(name == document["type"] for name, document in found)
    assert [document.get("partial_image_index") for _, document in found] == [0, 1, None]
    assert pictures.measure(base64.b64decode(found[2][1]["b64_json"]))[1:3] == (1280, 720)
    assert found[2][1]["usage"]["output_tokens"]


def test_fewer_partial_pictures_may_come(sim):
    sim.configure(openai={"partial_images_sent": 0})

    assert len(events(generate(sim, stream=True, partial_images=3).body)) == 1


def test_a_stream_breaks_off_or_ends_in_an_error(sim):
    sim.script("openai", "generate", "cut_body", "stream_error")

    with pytest.raises(http.client.IncompleteRead):
        generate(sim, stream=True, partial_images=1)
    last = events(generate(sim, stream=True, partial_images=1).body)[-1]

    assert (last[0], last[1]["error"]["code"]) == ("error", "server_error")
    assert sim.counts("openai", "generate")["creates"] == 2


PNG = pictures.png("photo", 640, 360)
MASK = pictures.png("mask", 640, 360, transparent=True)
EDIT = (("model", "gpt-image-2"), ("prompt", "more butter"))


def test_edits_take_forms(sim):
    reply = edit(sim, ("image[]", PNG), ("image[]", MASK), ("mask", MASK), *EDIT, ("n", "2"), ("size", "1280x720"))

    assert (reply.status, len(reply.json()["data"])) == (200, 2)


@pytest.mark.parametrize("parts, param", [
    ((), "image"),
    ((("image", b"not a picture"),), "image"),
    ((("image", PNG),) * 17, "image"),
    ((("image", PNG), ("mask", PNG)), "mask"),
    ((("image", PNG), ("mask", pictures.jpeg("m", 640, 360))), "mask"),
    ((("image", PNG), ("mask", pictures.png("m", 320, 180, True))), "mask"),
    ((("image", PNG), ("response_format", "url")), "response_format"),
])
def test_forms_are_checked(sim, parts, param):
    reply = edit(sim, *parts, *EDIT)

    assert (reply.status, error(reply)["param"]) == (400, param)
    assert sim.counts("openai", "edit")["creates"] == 0


def test_edits_take_json(sim):
    data = "data:image/png;base64," + base64.b64encode(PNG).decode()
    fields = {"model": "gpt-image-2", "prompt": "x", "stream": True}
    link = sim.url + "/youtube/picture.png?w=640&h=360"

    def send(**more):
        return sim.send("POST", "/openai/v1/images/edits", {**fields, **more}, KEY)

    good = send(images=[{"image_url": data}, {"image_url": link}])
    codes = [error(send(**more))["param"] for more in (
        {"image": data}, {"images": [{"image_url": data, "file_id": "f"}]}, {"images": [{"file_id": "f"}]},
        {"images": [{"image_url": sim.url + "/nowhere"}]}, {})]

    assert [name for name, _ in events(good.body)] == ["image_edit.completed"]
    assert codes == ["image", "images[0]", "images[0]", "images[0]", "images"]


def test_azure_paths(sim):
    sim.configure(openai={"deployments": {"thumbs": "gpt-image-2"}})
    path = "/openai/deployments/{}/images/generations{}"
    body = {"prompt": "x", "size": "1280x720"}

    replies = [sim.send("POST", path.format(name, query), body, {"api-key": "k"}) for name, query in (
        ("thumbs", "?api-version=2026-01-01"), ("thumbs", ""), ("none", "?api-version=1"))]

    assert [reply.status for reply in replies] == [200, 404, 404]
    assert error(replies[2])["code"] == "DeploymentNotFound"


def test_scripted_errors_have_four_keys(sim):
    sim.script("openai", "generate", {"kind": "status", "status": 500})

    reply = generate(sim)

    assert reply.status == 500
    assert error(reply) == {"message": "scripted", "type": "server_error", "param": None, "code": "server_error"}


def test_a_client_that_leaves_has_still_bought(sim):
    sim.configure(openai={"generation_ms": 3_600_000})

    with pytest.raises(TimeoutError):
        sim.send("POST", "/openai/v1/images/generations", BODY, KEY, timeout=0.3)

    assert sim.wait("openai", "generate", creates=1)
    assert sim.counts("openai", "generate")["creates"] == 1
