#!/usr/bin/env python3
"""Kills the service with SIGKILL again and again while it delivers, and checks that every endpoint got every event.

Usage: deliveries.py PATH-OF-THUMBWIRE [KILLS] [SEED]. Needs nothing but Python. In the end each endpoint, the healthy
one, the slow one, the flaky one and the ordered one, has received every event of the service's list that is meant for
it, genuine and always with the same body; what the API accepted is in that list; and the ordered one got its events in
the list's order, each again only before the next one.
"""

import collections
import contextlib
import http.client
import json
import pathlib
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))

from running import PATIENCE, Receiver, Service, verifier, wait_until  # noqa: E402

CLIENTS = 4
EVENTS = ["thumbnail.queued", "thumbnail.completed", "thumbnail.failed", "thumbnail.cancelled"]
# Rests are short, so that what failed is tried again within the campaign.
RETRY = {"rests": [1] * 10 + [5] * 6}
# name -> the share of requests that it answers 503, the longest time it takes, and what its endpoint asks for.
KINDS = {
    "healthy": (0, 0, {}),
    "slow": (0, 0.05, {}),
    "flaky": (0.2, 0, {}),
    "ordered": (0.02, 0, {"ordered": True}),
}


class Target:
    """One endpoint's receiver: what it said 2xx to, in order, and what was wrong with anything that came."""

    def __init__(self, name, seed):
        self.name, self.dice, self.secret = name, random.Random(f"{name}{seed}"), None
        self.failures, self.longest, self.asked = KINDS[name]
        self.taken, self.bodies, self.problems = [], {}, []
        self.refused = collections.Counter()
        self.receiver = Receiver(self.answer)

    def answer(self, path, headers, body):
        id = headers.get("webhook-id")
        try:
            if verifier.verify(headers, body, [self.secret])["id"] != id:
                self.problems.append(f"{id} is called something else inside")
        except verifier.NotGenuine as problem:
            self.problems.append(f"{id}: {problem}")
        if self.bodies.setdefault(id, body) != body:
            self.problems.append(f"{id} came with two bodies")
        if self.longest:
            time.sleep(self.dice.uniform(0, self.longest))
        if self.refused[id] < 2 and self.dice.random() < self.failures:
            self.refused[id] += 1
            return 503
        self.taken.append(id)
        return 204


def load(service, endpoints, dice, accepted):
    """Makes jobs and test events until the service is dead; what it accepted is noted."""
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        while True:
            if dice.random() < 0.3:
                accepted["jobs"].append(service.call("POST", "/v1/jobs", {
                    "title": "Kill", "resolution": "64x64"})["id"])
            else:
                accepted["tests"].append(service.test(dice.choice(endpoints)))
            time.sleep(dice.uniform(0, 0.02))


def expected(events, endpoint):
    """The ids of an endpoint's events in their order."""
    return [event["id"] for event in events
            if event["type"] in EVENTS or event["data"].get("endpointId") == endpoint]


def settle(service, targets, ids, accepted, fail):
    """Waits until everything has ended and arrived; the service's events."""
    for job in accepted["jobs"]:
        if service.ended(job)["status"] != "completed":
            fail(f"{job} did not complete")
    events = service.pages("/v1/events")
    for name, target in targets.items():
        missing = set(expected(events, ids[name]))

        def is_whole():
            missing.difference_update(target.taken)
            return not missing

        with contextlib.suppress(AssertionError):
            wait_until(is_whole, name, patience=2 * PATIENCE)
        for event in sorted(missing):
            fail(f"{name} never got {event}")
    return events


def check(events, targets, ids, accepted, fail):
    known = collections.Counter(event["id"] for event in events)
    for event in set(accepted["tests"]) - known.keys():
        fail(f"{event} was accepted, and is not in the list")
    ends = collections.Counter(event["data"]["id"] for event in events if event["type"] in EVENTS[1:])
    for job in accepted["jobs"]:
        if ends[job] != 1:
            fail(f"{job} has {ends[job]} terminal events")
    for event in events:
        if known[event["id"]] != 1:
            fail(f"{event['id']} is {known[event['id']]} times in the list")
    documents = {event["id"]: event for event in events}
    for name, target in targets.items():
        for problem in target.problems:
            fail(f"{name}: {problem}")
        for id, body in target.bodies.items():
            if json.loads(body) != documents.get(id):
                fail(f"{name}: {id} differs from the list's")
        for event in set(target.taken) - set(expected(events, ids[name])):
            fail(f"{name} got {event}, which is not its")
    places = {event["id"]: place for place, event in enumerate(events)}
    order = [places.get(id, -1) for id in targets["ordered"].taken]
    for earlier, later in zip(order, order[1:]):
        if later < earlier:
            fail(f"ordered got {events[later]['id']} after {events[earlier]['id']}")


def main():
    binary, kills = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1_000_000)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="thumbwire-deliveries."))
    dice, problems, begin, slowest = random.Random(seed), [], time.monotonic(), 0.0
    accepted = {"jobs": [], "tests": []}
    with contextlib.ExitStack() as stack:
        targets = {name: Target(name, seed) for name in KINDS}
        for target in targets.values():
            stack.enter_context(target.receiver)
        ids = {}
        with Service(folder, binary=binary) as service:
            for name, target in targets.items():
                endpoint = service.endpoint(target.receiver.url, events=EVENTS, retry=RETRY, **target.asked)
                ids[name], target.secret = endpoint["id"], endpoint["secret"]
        for _ in range(kills):
            service = Service(folder, binary=binary)
            slowest = max(slowest, service.start_seconds)
            timer = threading.Timer(dice.uniform(0.02, 1), service.process.kill)
            clients = [threading.Thread(target=load, args=[service, list(ids.values()), dice, accepted])
                       for _ in range(CLIENTS)]
            for one in [timer, *clients]:
                one.start()
            for one in [timer, *clients]:
                one.join()
            service.kill()
        with Service(folder, binary=binary) as service:
            for target in targets.values():
                target.failures = 0
            events = settle(service, targets, ids, accepted, problems.append)
    check(events, targets, ids, accepted, problems.append)
    with contextlib.closing(sqlite3.connect(folder / "data" / "thumbwire.db")) as database:
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
    if integrity != "ok":
        problems.append(f"integrity_check: {integrity}")
    report(targets, accepted, events)
    print(f"seed {seed}: {kills} kills in {time.monotonic() - begin:.0f} s, slowest start {slowest * 1000:.0f} ms, "
          f"integrity_check {integrity}, {len(problems)} problems")
    for problem in problems[:100]:
        print("WRONG", problem)
    if problems:
        print(f"the data folder is kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def report(targets, accepted, events):
    print(f"{len(accepted['jobs'])} jobs and {len(accepted['tests'])} test events accepted, {len(events)} events")
    for name, target in targets.items():
        repeated = len(target.taken) - len(set(target.taken))
        print(f"{name}: {len(set(target.taken))} received, {repeated} of them again, "
              f"{target.refused.total()} refused by us")


if __name__ == "__main__":
    sys.exit(main())
