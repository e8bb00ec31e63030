"""Under every fault at once, what was bought is what clients got and what the ledger calls lost."""

import concurrent.futures
import http.client
import json

import pytest
from faults import KINDS
from fixtures import process, sim  # noqa: F401
from test_openai import BODY, KEY

MEMBERS = {"status": {"status": 503}, "status_after": {"status": 500}, "delay": {"seconds": 0.01},
           "late_answer": {"seconds": 0.01}, "slow_body": {"seconds": 0.01}, "huge_body": {"bytes": 100_000}}
# Those that hang last as long as the client's patience, and those of jobs are answered as always.
FAULTS = [{"kind": kind, **MEMBERS.get(kind, {})} for kind in KINDS if not kind.startswith(("hang", "job_"))]


def bought(sim, service, number):
    """Makes one call; true where its answer says what was bought."""
    try:
        if service == "opus":
            reply = sim.send("POST", "/opus/api/generative-jobs",
                             {"jobType": "thumbnail", "sourceUri": "https://youtu.be/dQw4w9WgXcQ"}, KEY)
            return "jobId" in json.loads(reply.body)
        if service == "soke":
            reply = sim.send("POST", "/soke/api/v1/thumbnail/generate", {"manualTitle": "x", "templateId": "t"}, KEY)
            return "id" in json.loads(reply.body)["data"]
        reply = sim.send("POST", "/openai/v1/images/generations",
                         {**BODY, "output_format": "jpeg", "stream": number % 2 == 0, "partial_images": 1}, KEY)
        return b"image_generation.completed" in reply.body or b'"created"' in reply.body
    except (http.client.HTTPException, OSError, ValueError, TypeError, KeyError):
        return False


@pytest.mark.parametrize("service, operation", [("opus", "create"), ("soke", "generate"), ("openai", "generate")])
def test_the_books_agree(sim, service, operation):
    sim.configure(opus={"rate_per_minute": 1_000, "monthly_cap": 100_000}, soke={"rate_per_minute": 1_000},
                  openai={"requests_per_minute": 1_000, "images_per_minute": 1_000})
    faults = [fault for fault in FAULTS if service == "openai" or fault["kind"] != "stream_error"]
    sim.chance(service, operation, 0.5, 11, faults)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = sum(pool.map(lambda number: bought(sim, service, number), range(200)))
    counts = sim.counts(service, operation)

    assert counts["calls"] == 200
    assert 0 < counts["creates_lost"]["scripted"] < counts["creates"] < 200
    assert counts["creates"] - counts["creates_lost"]["scripted"] == got
    assert counts["creates_lost"]["client_gone"] == 0
