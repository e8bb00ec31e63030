"""What zapier.md and make.md tell people to enter works with a real service: subscribe, samples, an event, unsubscribe."""
import datetime
import json
import re
import subprocess
import urllib.error

import pytest
from conftest import ROOT, WEBHOOKS
from test_events import validator
from test_live import KEY, call, service, sink  # noqa: F401 (fixtures)
from test_n8n import evaluate


def blocks(name, language):
    text = (WEBHOOKS / name).read_text()
    return dict(re.findall(rf"^```{language} (\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def status_of(method, url, body=None):
    try:
        call(method, url, body)
    except urllib.error.HTTPError as error:
        return error.code
    except json.JSONDecodeError:
        return 204


# Zapier


@pytest.fixture
def zapier(service):  # noqa: F811
    """Runs a block of zapier.md as Zapier does."""
    codes = blocks("zapier.md", "js")

    def run(name, **bundle):
        bundle = {"authData": {"server": service, "apiKey": KEY}, "inputData": {}, **bundle}
        result = subprocess.run(
            ["node", ROOT / "Tests" / "interop" / "zapier.js", codes[name], json.dumps(bundle)],
            capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def test_a_zap_is_switched_on_gets_an_event_and_is_switched_off(zapier, service, sink):  # noqa: F811
    address, received = sink
    hook = f"{address}/hooks/standard/1/abc/"
    subscribed = zapier("subscribe", targetUrl=hook)
    assert subscribed["secret"].startswith("whsec_")
    ends = datetime.datetime.fromisoformat(subscribed["expiration_date"])
    assert ends > datetime.datetime.now(tz=datetime.timezone.utc) + datetime.timedelta(days=89)
    assert zapier("subscribe", targetUrl=hook)["id"] == subscribed["id"]

    job = zapier("create", inputData={"title": "From a Zap", "prompt": "", "videoUrl": None})
    path, _, body = received.get(timeout=120)

    event = json.loads(body)
    assert (path, event["type"], event["data"]["id"]) == ("/hooks/standard/1/abc/", "thumbnail.completed", job["id"])
    assert zapier("perform", cleanedRequest=event) == [event]
    assert zapier("list")[0] == event
    zapier("unsubscribe", subscribeData=subscribed)
    zapier("unsubscribe", subscribeData=subscribed)
    assert status_of("GET", f"{service}/v1/webhook-endpoints/{subscribed['id']}") == 404


@pytest.mark.parametrize("kind", ["thumbnail.completed", "thumbnail.failed"])
def test_a_zap_can_be_set_up_before_anything_happened(zapier, kind):
    samples = zapier("list", inputData={"type": kind})
    assert samples
    for sample in samples:
        assert sample["type"] == kind
        validator(kind).validate(sample)


def test_a_catch_hook_is_subscribed_and_finds_its_sample(service, sink):  # noqa: F811
    address, received = sink
    text = (WEBHOOKS / "zapier.md").read_text()
    asked = json.loads(re.search(r"-d '(\{\"targetUrl.*?\})'", text).group(1))
    endpoint = call("POST", f"{service}/v1/webhook-endpoints", {**asked, "targetUrl": f"{address}/catch"})
    tested = json.loads(re.search(r"/test\".*?-d '(\{.*?\})'", text, re.DOTALL).group(1))
    call("POST", f"{service}/v1/webhook-endpoints/{endpoint['id']}/test", tested)

    _, _, body = received.get(timeout=120)
    validator("thumbnail.completed").validate(json.loads(body))


# Make


def filled(value, **scope):
    """A block of make.md with its {{ }} replaced."""
    if isinstance(value, dict):
        return {name: filled(one, **scope) for name, one in value.items()}
    # Make's variables have no dollar sign.
    return evaluate(f"={value}".replace("{{", "{{$"), **scope) if isinstance(value, str) else value


@pytest.fixture
def make():
    return {name: json.loads(text) for name, text in blocks("make.md", "json").items()}


def test_a_custom_app_attaches_gets_an_event_and_detaches(make, service, sink):  # noqa: F811
    address, received = sink
    connection = {"server": service, "apiKey": KEY}
    base = filled(make["base"], connection=connection, statusCode=0, body={})
    assert base["headers"]["authorization"] == f"Bearer {KEY}"
    assert call("GET", filled(make["connection"], parameters=connection)["url"])["account"]

    attach = make["attach"]
    body = filled(attach["body"], webhook={"url": f"{address}/make"}, parameters={"events": ["thumbnail.completed"]})
    endpoint = call(attach["method"], base["baseUrl"] + attach["url"], body)
    kept = filled(attach["response"]["data"], body=endpoint)
    assert kept["externalHookId"] == endpoint["id"]

    asked = blocks("make.md", "json")["job"].replace("{{1.title}}", "From Make").replace("{{1.prompt}}", "pasta")
    job = call("POST", f"{service}/v1/jobs?wait=30", json.loads(asked))
    _, _, arrived = received.get(timeout=120)
    event = json.loads(arrived)
    assert event["data"]["id"] == job["id"]
    assert event["data"]["metadata"] == {"scenario": "make"}
    assert filled(make["communication"], body=event) == {"output": event, "condition": True}
    assert filled(make["communication"], body={**event, "type": "webhook.test"})["condition"] is False

    detach = filled(make["detach"], webhook=kept)
    assert status_of(detach["method"], base["baseUrl"] + detach["url"]) == 204
    assert status_of(detach["method"], base["baseUrl"] + detach["url"]) == 204


def test_a_custom_webhook_is_subscribed_with_its_key(service, sink):  # noqa: F811
    address, received = sink
    asked = json.loads(re.search(r"-d '(\{\n.*?\})'", (WEBHOOKS / "make.md").read_text(), re.DOTALL).group(1))
    endpoint = call("POST", f"{service}/v1/webhook-endpoints", {**asked, "url": f"{address}/hook"})
    assert "long random" not in json.dumps(endpoint)
    call("POST", f"{service}/v1/webhook-endpoints/{endpoint['id']}/test", {"type": "thumbnail.completed"})

    _, headers, body = received.get(timeout=120)
    assert headers["x-make-apikey"] == "the long random value"
    assert json.loads(body)["type"] == "thumbnail.completed"
