"""OpenAI's own SDK through the service to a simulated OpenAI: what is bought, what comes back, what goes wrong."""
import base64
import concurrent.futures

import httpx
import openai
import pytest
from running import KEY, Service, plugins
from test_openai_sdk import measure, png

PROMPT = "a red fox in snow"
SMALL = {"prompt": PROMPT, "size": "256x256"}  # Of dall-e-2, which is answered with a link.


@pytest.fixture
def start(upstream, tmp_path):
    """Starts a service whose only provider is the simulated OpenAI, with further settings of the provider."""
    services = []
    # Small pictures take little time in a debug build, whatever size was asked for.
    upstream.configure(openai={"deliver_size": "256x256"})

    def start(**settings):
        config = {"apiKey": "sk-simulated", "baseUrl": upstream.url + "/openai/v1", "outputFormat": "jpeg", **settings}
        services.append(Service(
            tmp_path / f"service-{len(services)}",
            plugins({"dalle": config}, {"default": ["dalle"]}, {"openai": "default"})))
        return services[-1]

    yield start
    for service in services:
        assert service.stop() == 0


@pytest.fixture
def service(start):
    return start()


def sdk(service, **options):
    return openai.OpenAI(base_url=service.url + "/v1", api_key=KEY, **options)


def form_of(upstream, operation):
    """The fields of the last form that the simulated OpenAI got."""
    requests = [request for request in upstream.stats()["requests"] if request["operation"] == operation]
    return {part["name"]: part for part in requests[-1]["body"]}


def test_two_seconds_of_patience_and_a_provider_of_ten_make_one_create(service, upstream):
    """The SDK gives up and tries again by itself; its later try waits for the picture of the first."""
    upstream.configure(openai={"generation_ms": 10_000})
    tries = []

    def note(request):
        tries.append(int(request.headers["x-stainless-retry-count"]))
        # The ten seconds are over with its second try; how long the rest takes is the machine's matter.
        if len(tries) == 2:
            assert upstream.wait("openai", "generate", creates=1)
            upstream.advance(10)

    http = httpx.Client(event_hooks={"request": [note]})
    with sdk(service, timeout=2, max_retries=20, http_client=http) as client:
        answer = client.images.generate(**SMALL)

    assert tries == list(range(len(tries))) and len(tries) >= 2
    assert upstream.counts("openai", "generate")["creates"] == 1
    [job] = service.jobs()
    assert answer.data[0].url == job["outputs"][0]["url"]
    assert measure(httpx.get(answer.data[0].url).content) == ("png", 256, 256)


def test_an_equal_request_after_a_closed_connection_joins(service, upstream):
    """An application's own retry does not say that it is one."""
    upstream.hold("openai", "generate", "after")
    with sdk(service, timeout=2, max_retries=0) as client:
        with pytest.raises(openai.APITimeoutError):
            client.images.generate(**SMALL)
    assert upstream.wait("openai", "generate", creates=1)

    http = httpx.Client(event_hooks={"request": [lambda _: upstream.release("openai", "generate")]})
    with sdk(service, max_retries=0, http_client=http) as client:
        answer = client.images.generate(**SMALL)

    [job] = service.jobs()
    assert answer.data[0].url == job["outputs"][0]["url"]
    assert upstream.counts("openai", "generate")["creates"] == 1


def test_equal_requests_side_by_side_are_wishes_of_their_own(service, upstream):
    """As clients make several pictures with models that give one at a time."""
    upstream.hold("openai", "generate", "after")
    with sdk(service) as client, concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(client.images.generate, **SMALL) for _ in range(3)]
        came = upstream.wait("openai", "generate", creates=3)
        upstream.release("openai", "generate")
        links = {answer.result().data[0].url for answer in answers}

    assert came
    assert len(links) == 3
    assert len(service.jobs()) == 3


def test_previews_of_the_provider_reach_the_client(start, upstream):
    service = start(partialImages=2)
    upstream.hold("openai", "generate")
    http = httpx.Client(event_hooks={"response": [lambda _: upstream.release("openai", "generate")]})
    with sdk(service, http_client=http) as client:
        events = list(client.images.generate(
            model="gpt-image-2", prompt=PROMPT, size="1024x640", stream=True, partial_images=2))

    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert [event.partial_image_index for event in events[:2]] == [0, 1]
    pictures = [base64.b64decode(event.b64_json) for event in events]
    assert [measure(picture) for picture in pictures] == [("jpeg", 256, 256)] * 2 + [("png", 1024, 640)]
    assert events[2].usage.total_tokens > 0
    assert upstream.counts("openai", "generate")["creates"] == 1


def test_a_stream_that_breaks_off_upstream_ends_in_an_error(start, upstream):
    service = start(partialImages=1)
    upstream.script("openai", "generate", "stream_error")
    with sdk(service) as client, pytest.raises(openai.APIError) as refusal:
        list(client.images.generate(model="gpt-image-2", prompt=PROMPT, stream=True))

    assert refusal.value.body["code"] == "provider_outcome_unknown"
    assert upstream.counts("openai", "generate")["creates"] == 1


def test_edits_bring_pictures_and_mask_to_the_provider(service, upstream):
    picture, mask = png(64, 64), png(64, 64, alpha=0)
    with sdk(service) as client:
        answer = client.images.edit(
            model="gpt-image-2", image=[("a.png", picture), ("b.png", png(32, 32))], mask=("mask.png", mask),
            prompt="add a hat", size="1024x640", quality="low")

    assert measure(base64.b64decode(answer.data[0].b64_json)) == ("png", 1024, 640)
    assert answer.usage.input_tokens > 0
    form = form_of(upstream, "edit")
    assert form["mask"]["bytes"] == len(mask) and form["mask"]["type"] == "image/png"
    assert form["image[]"]["filename"]
    assert (form["model"]["text"], form["quality"]["text"]) == ("gpt-image-2", "low")
    assert form["prompt"]["text"].startswith("add a hat")
    assert upstream.counts("openai", "edit")["creates"] == 1


# What goes wrong upstream, the SDK's error, its code, and how often the provider was asked for a picture.
FAILURES = {
    "moderation of the prompt": (
        {"moderation_input": ["fox"]}, [], {}, openai.BadRequestError, "moderation_blocked", 1),
    "moderation of the picture": (
        {"moderation_output": ["fox"]}, [], {}, openai.BadRequestError, "moderation_blocked", 1),
    "moderation, told to a client of DALL-E": (
        {"moderation_input": ["fox"]}, [], {"model": "dall-e-3", "size": "1024x1024"}, openai.BadRequestError,
        "content_policy_violation", 1),
    "the provider's bill is not paid": (
        {"billing_hard_limit": True}, [], {}, openai.InternalServerError, "provider_out_of_funds", 1),
    "the provider's quota is used up": (
        {"insufficient_quota": True}, [], {}, openai.InternalServerError, "provider_out_of_funds", 1),
    "the operator's key is wrong": (
        {"accepted_keys": []}, [], {}, openai.InternalServerError, "provider_misconfigured", 1),
    "the operator's organisation is not verified": (
        {"organization_verified": False}, [], {}, openai.InternalServerError, "provider_misconfigured", 1),
    "the answer is lost": ({}, ["lost_answer"], {}, openai.InternalServerError, "provider_outcome_unknown", 1),
    "a gateway between breaks off": (
        {}, [{"kind": "status_after", "status": 502, "body": "Bad Gateway"}], {}, openai.InternalServerError,
        "provider_outcome_unknown", 1),
    "the provider is down": (
        {}, [{"kind": "status", "status": 503}] * 4, {}, openai.InternalServerError, "provider_unavailable", 4),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_the_sdk_meets_what_goes_wrong_upstream(failure, service, upstream):
    settings, faults, parameters, error, code, calls = FAILURES[failure]
    upstream.configure(openai=settings)
    if faults:
        upstream.script("openai", "generate", *faults)

    with sdk(service) as client, pytest.raises(openai.APIStatusError) as refusal:
        client.images.generate(**{"model": "gpt-image-2", "prompt": PROMPT, **parameters})

    assert (type(refusal.value), refusal.value.code) == (error, code)
    assert refusal.value.response.headers["x-should-retry"] == "false"
    assert "simulated" not in refusal.value.message, "the operator's key"
    assert upstream.counts("openai", "generate")["calls"] == calls
    [job] = service.jobs()
    assert job["status"] == "failed"


def test_too_many_requests_upstream_only_take_longer(service, upstream):
    upstream.script("openai", "generate", {"kind": "status", "status": 429, "retry_after": 1})
    with sdk(service, max_retries=0) as client:
        answer = client.images.generate(**SMALL)

    assert answer.data[0].url
    counts = upstream.counts("openai", "generate")
    assert (counts["calls"], counts["creates"]) == (2, 1)
