#!/usr/bin/env python3
"""Orders from three simulated providers while a fifth of what they and the webhooks' receiver do goes wrong.

Usage: providers.py PATH-OF-THUMBWIRE [JOBS] [SEED]. Needs nothing but Python. In the end every job is terminal, every
webhook has arrived once and genuine, the simulators' counts of what was bought and of lost answers are ours, no job
has bought twice, and nobody was told that we ask too often.
"""

import collections
import json
import pathlib
import random
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "interop"), str(HERE.parent / "simulators")]

from books import BOUGHT_BY, Purchases, check_pace  # noqa: E402
from running import PATIENCE, Receiver, Service, plugins, verifier  # noqa: E402
from simulators import Simulators  # noqa: E402

RATE = 0.2
# What a provider's account may do in a minute. The pace binds where there are jobs by the hundred.
PER_MINUTE = 240
VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"

REFUSED = ["refuse_before", "reset_before", {"kind": "status", "status": 429, "retry_after": 2}]
UNAVAILABLE = {"kind": "status", "status": 503, "retry_after": 2}
LOST = ["lost_answer", "reset_after", "cut_head", "cut_body", "garbage", "empty_body", "wrong_json",
        {"kind": "status_after", "status": 502, "body": "<html>Bad Gateway</html>"}]
LATE = [{"kind": "delay", "seconds": 1}, {"kind": "late_answer", "seconds": 1}, {"kind": "slow_body", "seconds": 1}]
CREATES = {
    ("soke", "generate"): [*REFUSED, UNAVAILABLE, *LOST, *LATE, "job_fails"],
    ("opus", "create"): [*REFUSED, UNAVAILABLE, *LOST, *LATE, "job_fails"],
    # OpenAI bills what it delivered: its own error object with a 5xx is believed, and the order is sent again. A
    # simulator that bought all the same (`status_after` in OpenAI's shape) would count it twice.
    ("openai", "generate"): [*REFUSED, UNAVAILABLE, *LOST, *LATE],
}
QUESTIONS = {(service, operation): [*REFUSED, UNAVAILABLE, {"kind": "status", "status": 500}, *LOST, *LATE]
             for service, operation in [("soke", "poll"), ("opus", "poll"), ("files", "get")]}


class Subscriber:
    """Refuses some webhooks once or twice, after which the next try is minutes away, and checks all of them."""

    def __init__(self, seed, now=None):
        self.dice, self.secrets, self.problems, self.now = random.Random(seed), [], [], now
        self.refused = collections.Counter()

    def __call__(self, path, headers, body):
        try:
            event = verifier.verify(headers, body, self.secrets, self.now)
            if event["id"] != headers["webhook-id"]:
                self.problems.append(f"{headers['webhook-id']} is called {event['id']} inside")
        except verifier.NotGenuine as problem:
            self.problems.append(f"{headers.get('webhook-id')}: {problem}")
        webhook = (path, headers["webhook-id"])
        if self.refused[webhook] < 2 and self.dice.random() < RATE:
            self.refused[webhook] += 1
            return 503
        return 204


def configure(simulators, seed):
    simulators.configure(
        soke={"rate_per_minute": PER_MINUTE, "credits": 1_000_000, "polls_before_done": 1, "format": "jpeg",
              "deliver_size": "320x180"},
        opus={"rate_per_minute": PER_MINUTE, "credits": 1_000_000, "monthly_cap": 1_000_000, "format": "jpeg",
              "deliver_size": "320x180"},
        openai={"requests_per_minute": PER_MINUTE, "images_per_minute": PER_MINUTE, "deliver_size": "320x180"})
    for (service, operation), kinds in {**CREATES, **QUESTIONS}.items():
        simulators.chance(service, operation, RATE, seed, kinds)


def document(simulators):
    """Each provider leads a chain of its own, and the others stand in where nothing was bought."""
    account = {"apiKey": "sk-soak-0123456789"}
    return plugins(
        {"soke": {**account, "baseUrl": simulators.url + "/soke/api/v1"},
         "opus": {**account, "baseUrl": simulators.url + "/opus", "requestsPerMinute": PER_MINUTE},
         "dalle": {**account, "baseUrl": simulators.url + "/openai/v1", "outputFormat": "jpeg",
                   "imagesPerMinute": PER_MINUTE}},
        {"default": ["soke", "opus", "dalle"], "opus": ["opus", "dalle", "soke"], "dalle": ["dalle", "soke", "opus"]})


def submit(service, count, callback):
    chains = ["default", "opus", "dalle"]
    return [service.call("POST", "/v1/jobs", {
        "title": f"Soak {number}", "videoUrl": VIDEO, "resolution": "320x180", "chain": chains[number % 3],
        "callbackUrl": f"{callback}/callback/{number}", "deadlineSeconds": 3600})["id"] for number in range(count)]


def check_purchases(jobs, stats, fail):
    certain, unknown = collections.Counter(), collections.Counter()
    for job in jobs:
        mine = Purchases(job)
        certain += mine.certain + mine.refunded
        unknown += mine.unknown
        if mine.count > 1:
            fail(f"{job['id']} bought more than once: {json.dumps(job['steps'])}")
        is_unknown = (job["error"] or {}).get("code") == "provider_outcome_unknown"
        if is_unknown != bool(mine.unknown):
            fail(f"{job['id']} ended with {job['error']} after {json.dumps(job['steps'])}")
    for provider, (name, operation) in BOUGHT_BY.items():
        operations = stats["services"][name]["operations"]
        counts = operations[operation]
        # A connection that ends unanswered proves nothing, whether or not the other side had begun to work.
        told = counts["creates"] - sum(counts["creates_lost"].values())
        lost = sum(counts["answers_lost"].values())
        print(f"{provider}: {counts['calls']} orders, {counts['creates']} bought, {lost} answers lost; "
              f"by our books {certain[provider]} bought, {unknown[provider]} unknown; faults {counts['faults']}")
        if (told, lost) != (certain[provider], unknown[provider]):
            fail(f"the books of {provider} differ")


def check_webhooks(jobs, webhooks, fail):
    """Each job's one terminal event: at its callback once, at the endpoint once, and both say how the job ended."""
    for kind, path in [("callback", "/callback/"), ("endpoint", "/endpoint")]:
        events = collections.defaultdict(list)
        for where, _, body in webhooks:
            event = json.loads(body)
            if where.startswith(path):
                events[event["data"]["id"]].append(event)
        for job in jobs:
            kinds = [event["type"] for event in events[job["id"]]]
            if kinds != [f"thumbnail.{job['status']}"]:
                fail(f"{job['id']} is {job['status']}, and its {kind} got {kinds}")


def main():
    binary, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1_000_000)
    folder = tempfile.mkdtemp(prefix="thumbwire-providers.")
    problems, begin, subscriber = [], time.monotonic(), Subscriber(seed)
    with Simulators() as simulators, Receiver(subscriber) as receiver:
        configure(simulators, seed)
        with Service(folder, document(simulators), simulators.url + "/youtube", binary) as service:
            endpoint = service.call("POST", "/v1/webhook-endpoints", {
                "url": receiver.url + "/endpoint",
                "events": ["thumbnail.completed", "thumbnail.failed", "thumbnail.cancelled"]})
            subscriber.secrets = [endpoint["secret"], service.call("GET", "/v1/webhook-secret")["secret"]]
            ids = submit(service, count, receiver.url)
            jobs = [service.ended(id, patience=3 * PATIENCE) for id in ids]
            took = time.monotonic() - begin
            webhooks = receiver.wait(2 * count)
        stats = simulators.stats()
    states = collections.Counter(job["status"] for job in jobs)
    errors = collections.Counter(job["error"]["code"] for job in jobs if job["error"])
    print(f"seed {seed}: {count} jobs in {took:.0f} s, {dict(states)}, {dict(errors)}, "
          f"{sum('fallback' in job for job in jobs)} fell back; {len(webhooks)} webhooks taken, "
          f"{subscriber.refused.total()} tries refused")
    check_purchases(jobs, stats, problems.append)
    check_pace(stats, problems.append)
    check_webhooks(jobs, webhooks, problems.append)
    problems += subscriber.problems + stats["crashes"]
    for problem in problems:
        print("WRONG", problem)
    if problems:
        print(f"the data folder is kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
