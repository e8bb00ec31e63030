"""Opus as its documentation says: flat answers, caps, four pictures, the two steps of an upload."""

import pytest
from fixtures import process, sim  # noqa: F401
from test_simulators import JOB, KEY, create


def poll(sim, id):
    return sim.send("GET", f"/opus/api/generative-jobs/{id}", headers=KEY)


def made(sim):
    return poll(sim, create(sim).json()["jobId"]).json()


def test_a_job_makes_four_pictures(sim):
    created = create(sim)
    id = created.json()["jobId"]
    done = poll(sim, id).json()

    assert (created.status, set(created.json())) == (201, {"jobId"})
    assert id.startswith("thumbnail-") and len(id) == 20
    assert done["status"] == "CONCLUDED" and done["progress"] == {"status": "CONCLUDED", "percentage": 1.0}
    links = done["result"]["generatedThumbnailUris"]
    assert len(set(links)) == 4
    assert len({sim.send("GET", link).body for link in links}) == 4


def test_progress_goes_from_queued_to_done(sim):
    sim.configure(opus={"polls_before_done": 3})
    id = create(sim).json()["jobId"]

    answers = [poll(sim, id).json() for _ in range(4)]

    assert [answer["status"] for answer in answers] == ["QUEUED", "PROCESSING", "PROCESSING", "CONCLUDED"]
    assert [answer["progress"]["percentage"] for answer in answers] == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("change", [
    {"jobType": None}, {"jobType": "clip"}, {"sourceUri": None}, {"sourceUri": "not a link"}, {"prompt": 3},
    {"referenceImageUri": "http://127.0.0.1:1/none.png"}])
def test_requests_are_checked(sim, change):
    reply = sim.send("POST", "/opus/api/generative-jobs", {**JOB, **change}, KEY)

    assert reply.status == 400
    assert set(reply.json()) == {"statusCode", "errorName", "errorMessage", "message", "error"}
    assert sim.counts("opus", "create")["creates"] == 0


def test_an_upload_takes_two_steps_and_is_a_reference(sim):
    link = sim.send("POST", "/opus/api/upload-links", {"usecase": "FreeToolMedia", "type": "Upload",
                                                       "extension": "png"}, KEY)
    document = link.json()
    too_early = sim.send("POST", "/opus/api/generative-jobs", {**JOB, "maskImageUri": document["cdnUrl"]}, KEY)
    refused = sim.send("POST", document["url"], b"")
    started = sim.send("POST", document["url"], b"", {"x-goog-resumable": "start"})
    put = sim.send("PUT", started.headers["Location"], b"picture", {"Content-Type": "application/octet-stream"})
    reply = sim.send("POST", "/opus/api/generative-jobs", {**JOB, "maskImageUri": document["cdnUrl"]}, KEY)

    assert (link.status, too_early.status, refused.status, started.status) == (201, 400, 400, 201)
    assert (put.status, reply.status) == (200, 201)
    assert sim.send("GET", document["cdnUrl"]).body == b"picture"


def test_a_video_upload_has_no_cdn_link(sim):
    document = sim.send("POST", "/opus/api/upload-links", {"video": {"usecase": "LocalUpload"}}, KEY).json()

    assert set(document) == {"url", "uploadId", "dnsUrl", "useAmount", "totalAmount"}


@pytest.mark.parametrize("settings, status, member", [
    ({"enabled": False}, 503, None), ({"plan_allows": False}, 403, None), ({"credits": 3}, 402, None),
    ({"monthly_used": 899}, 403, "reset_at"), ({"daily_cap": 0}, 429, None), ({"concurrent_cap": 0}, 429, None),
    ({"accepted_keys": []}, 401, None)])
def test_allowances_run_out(sim, settings, status, member):
    sim.configure(opus=settings)

    reply = create(sim)

    assert reply.status == status
    assert member is None or reply.json()["code"] == "API_MONTHLY_CAP_REACHED" and reply.json()[member]
    assert ("Retry-After" in reply.headers) == ("daily_cap" in settings)
    assert reply.headers.get("X-Cap-Reason") == ("concurrent" if "concurrent_cap" in settings else None)
    assert sim.counts("opus", "create")["rate_limited"]["earned"] == 0


def test_parallel_jobs_are_capped_until_they_are_made(sim):
    sim.configure(opus={"concurrent_cap": 1, "generation_ms": 5000})

    replies = [create(sim), create(sim)]
    sim.advance(5)

    assert [reply.status for reply in replies] + [create(sim).status] == [201, 429, 201]


def test_headers_carry_the_monthly_cap_which_returns_after_its_reset(sim):
    sim.configure(opus={"monthly_cap": 10, "reset_at": "2020-01-01T00:00:00Z"})
    first = create(sim)
    sim.configure(opus={"monthly_used": 10, "reset_at": "2999-01-01T00:00:00Z"})
    second = create(sim)

    assert (first.status, first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == (201, "10", "3")
    assert (second.status, second.json()["reset_at"]) == (403, "2999-01-01T00:00:00Z")
    assert second.headers["X-RateLimit-Remaining"] == "0"


def test_thirty_calls_a_minute_for_each_key(sim):
    statuses = [poll(sim, "thumbnail-none").status for _ in range(31)]

    assert statuses == [404] * 30 + [429]
    assert sim.counts("opus", "poll")["rate_limited"]["earned"] == 1
    assert sim.send("GET", "/opus/api/api-usage?q=mine", headers={"Authorization": "Bearer other"}).status == 200


def test_a_failed_job_gives_its_credits_back(sim):
    sim.script("opus", "create", "job_fails")
    created = create(sim)
    failed = poll(sim, created.json()["jobId"])

    assert (created.headers["X-RateLimit-Remaining"], failed.headers["X-RateLimit-Remaining"]) == ("893", "900")
    assert failed.json()["status"] == "FAILED" and set(failed.json()["error"]) == {"type", "message"}


@pytest.mark.parametrize("settings, expected", [
    ({"concludes_with": "error"}, {"status": "CONCLUDED", "error": {"type": "GENERATION_ERROR",
                                                                    "message": "The generation failed."}}),
    ({"concludes_with": "empty"}, {"status": "CONCLUDED", "result": {"generatedThumbnailUris": []}}),
    ({"concludes_with": "nothing", "progress_shape": "number"}, {"status": "CONCLUDED", "progress": 1.0}),
    ({"concludes_with": "nothing", "progress_shape": "percent"}, {"status": "CONCLUDED", "progress": 100}),
])
def test_endings_and_shapes_of_other_sources(sim, settings, expected):
    sim.configure(opus={"progress_shape": "none", **settings})

    assert made(sim) == expected


def test_failures_in_other_shapes(sim):
    sim.configure(opus={"failed_status": "ERROR", "failure_shape": "string", "data_wrapper": True})
    sim.script("opus", "create", {"kind": "job_fails", "message": "no"})

    assert made(sim) == {"data": {"status": "ERROR", "error": "no"}}


def test_a_job_can_be_cancelled_behind_the_clients_back(sim):
    id = create(sim).json()["jobId"]
    sim.order("job", {"service": "opus", "id": id, "state": "cancelled"})

    assert poll(sim, id).json()["status"] == "CANCELED"
    assert sim.stats()["services"]["opus"]["jobs"][id]["state"] == "cancelled"


@pytest.mark.parametrize("form, members", [("name", {"errorName", "errorMessage"}), ("code", {"code"}),
                                           ("message", {"message"}), ("error", {"error"})])
def test_errors_in_each_documented_shape(sim, form, members):
    sim.configure(opus={"error_shape": form})

    assert set(poll(sim, "none").json()) == members


@pytest.mark.parametrize("status", [403, 410])
def test_links_expire_and_must_be_signed(sim, status):
    sim.configure(opus={"url_lifetime_s": 3600, "expired_status": status})
    link = made(sim)["result"]["generatedThumbnailUris"][0]
    before = sim.send("GET", link).status
    sim.advance(3600)

    assert (before, sim.send("GET", link).status) == (200, status)
    assert sim.send("GET", link.partition("?")[0]).status == 403
