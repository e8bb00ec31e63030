"""Soke as its documentation says: envelope, codes, headers, credits, the two shapes of polling."""

import pytest
from fixtures import process, sim  # noqa: F401

KEY = {"X-Soke-Key": "sk_live_1"}
BODY = {"manualTitle": "Ten breads", "colorGrading": "Warm", "layoutType": "TextLeft"}


def generate(sim, body=BODY, headers=KEY, path="generate"):
    return sim.send("POST", f"/soke/api/v1/thumbnail/{path}", body, headers)


def poll(sim, id, path="thumbnail"):
    return sim.send("GET", f"/soke/api/v1/{path}/{id}", headers=KEY)


def test_a_thumbnail_is_made_and_fetched(sim):
    created = generate(sim)
    data = created.json()["data"]
    done = poll(sim, data["id"]).json()

    assert (created.status, data["status"]) == (202, "processing")
    assert data["id"].startswith("thumb_") and data["sessionId"].startswith("session_")
    assert set(created.json()["meta"]) == {"platform", "request_id", "processing_time_ms"}
    assert "meta" not in done
    assert done["data"]["status"] == "completed" and done["data"]["progress"] == 100
    picture = sim.send("GET", done["data"]["imageUrl"])
    assert (picture.headers["Content-Type"], picture.body[:4]) == ("image/png", b"\x89PNG")


def test_every_answer_has_the_headers_of_limits_and_credits(sim):
    created = generate(sim)
    for reply in (created, poll(sim, "thumb_unknown"), generate(sim, {})):
        assert {"X-Soke-Limit", "X-Soke-Remaining", "X-Soke-Reset", "X-Soke-Credits-Remaining"} <= set(reply.headers)

    assert (created.headers["X-Soke-Remaining"], created.headers["X-Soke-Credits-Remaining"]) == ("59", "9996")


@pytest.mark.parametrize("body, status, code", [
    ({}, 400, "BAD_REQUEST"),
    ({"manualTitle": "x"}, 400, "BAD_REQUEST"),
    ({**BODY, "colorGrading": "Sepia"}, 400, "BAD_REQUEST"),
    ({**BODY, "layoutType": "Middle"}, 400, "BAD_REQUEST"),
    ({**BODY, "resolution": "1920x1080"}, 400, "BAD_REQUEST"),
    ({**BODY, "overrideTitle": "yes"}, 400, "BAD_REQUEST"),
    ({**BODY, "platform": "tiktok"}, 501, "PLATFORM_NOT_IMPLEMENTED"),
    ({"manualTitle": "x", "templateId": "t"}, 202, None),
    ({**BODY, "platform": "youtube", "resolution": "1080x1920"}, 202, None),
])
def test_requests_are_checked_as_documented(sim, body, status, code):
    reply = generate(sim, body)

    assert reply.status == status
    assert reply.json().get("error", {}).get("code") == code
    assert sim.counts("soke", "generate")["creates"] == (1 if status == 202 else 0)


def test_a_background_needs_no_style(sim):
    assert generate(sim, {"videoUrl": "https://youtu.be/dQw4w9WgXcQ"}, path="generate-background").status == 202


def test_keys_and_tokens_are_checked(sim):
    sim.configure(soke={"accepted_keys": ["sk_live_1"]})

    statuses = [generate(sim, headers=headers).status for headers in (
        {}, {"X-Soke-Key": "other"}, KEY, {"Authorization": "Bearer sk_live_1"})]

    assert statuses == [401, 401, 202, 202]


def test_credits_run_out(sim):
    sim.configure(soke={"credits": 7})

    replies = [generate(sim) for _ in range(2)]

    assert [reply.status for reply in replies] == [202, 402]
    assert replies[1].json()["error"]["code"] == "INSUFFICIENT_CREDITS"
    assert replies[1].headers["X-Soke-Credits-Remaining"] == "3"


def test_a_fast_caller_earns_a_429_until_the_minute_is_over(sim):
    sim.configure(soke={"rate_per_minute": 2})

    replies = [generate(sim) for _ in range(3)]
    sim.advance(60)

    assert [reply.status for reply in replies] == [202, 202, 429]
    error = replies[2].json()["error"]
    assert error["code"] == "RATE_LIMIT_EXCEEDED" and error["details"] == {"retryAfter": 60}
    assert replies[2].headers["Retry-After"] == "60"
    assert sim.counts("soke", "generate")["rate_limited"] == {"earned": 1, "cap": 0, "scripted": 0}
    assert generate(sim).status == 202


def test_polls_that_follow_too_closely_earn_a_429(sim):
    sim.configure(soke={"minimum_poll_gap_ms": 2000})
    id = generate(sim).json()["data"]["id"]

    statuses = [poll(sim, id).status, poll(sim, id).status]
    sim.advance(2)

    assert statuses + [poll(sim, id).status] == [200, 429, 200]


def test_polls_go_on_as_long_as_configured_and_are_counted(sim):
    sim.configure(soke={"polls_before_done": 2, "generation_ms": 5000})
    id = generate(sim).json()["data"]["id"]

    states = [poll(sim, id).json()["data"]["status"] for _ in range(4)]
    sim.advance(5)

    assert states == ["processing"] * 4
    assert poll(sim, id).json()["data"]["status"] == "completed"
    assert len(sim.stats()["services"]["soke"]["jobs"][id]["polls"]) == 5


@pytest.mark.parametrize("kind, answer", [("job_fails", "failed"), ("job_hangs", "processing"), ("job_vanishes", None)])
def test_jobs_go_wrong(sim, kind, answer):
    sim.script("soke", "generate", {"kind": kind, "message": "no picture"})
    id = generate(sim).json()["data"]["id"]

    reply = poll(sim, id)

    assert reply.status == (404 if answer is None else 200)
    assert reply.json().get("data", {}).get("status") == answer
    if answer == "failed":
        assert reply.json()["success"] is True
        assert reply.json()["data"]["error"] == {"code": "PROCESSING_ERROR", "message": "no picture"}


@pytest.mark.parametrize("form", ["imageUrl", "image_url", "url", "backgroundUrl", "result.imageUrl", "result.url"])
def test_results_come_in_any_shape(sim, form):
    sim.configure(soke={"result_shape": form})
    data = poll(sim, generate(sim).json()["data"]["id"]).json()["data"]

    outer, _, inner = form.rpartition(".")

    assert (data[outer] if outer else data)[inner].startswith("http://")


def test_the_generic_job_nests_its_result(sim):
    id = generate(sim).json()["data"]["id"]

    data = poll(sim, id, "jobs").json()["data"]

    assert (data["jobId"], data["status"]) == (id, "completed")
    assert data["result"]["imageUrl"].startswith("http://")


def test_logins_give_tokens(sim):
    tokens = sim.send("POST", "/soke/api/v1/auth/login", {"email": "a@b.c", "password": "p"}).json()["data"]

    assert set(tokens) == {"accessToken", "refreshToken", "expiresAt"}
