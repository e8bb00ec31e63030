"""Checks of a service's books after a campaign: jobs, events, credits, purchases and the database itself."""

import collections
import contextlib
import json
import re
import sqlite3

from load import TERMINAL, bearer
from running import ENDED, PATIENCE, wait_until

# The provider of a step -> its name in the simulators, and the one operation that buys.
BOUGHT_BY = {"soke": ("soke", "generate"), "opus": ("opus", "create"), "dalle": ("openai", "generate")}
TOKEN = re.compile(r"Soak-[0-9a-f]{10}")


def pages(service, key, path):
    items, cursor, more = [], "", "&" if "?" in path else "?"
    while True:
        page = service.call("GET", f"{path}{more}limit=100{cursor}", headers=bearer(key))
        items += page["data"]
        if page["next"] is None:
            return items
        cursor = f"&cursor={page['next']}"


def settled(service, keys, patience=2 * PATIENCE):
    """All jobs by key, once every one has ended and every ticket is followed to its end."""
    def find():
        jobs = {key: pages(service, key, "/v1/jobs") for key in keys}
        open = [job for mine in jobs.values() for job in mine
                if job["status"] not in ENDED or any(step["status"] == "pending" for step in job["steps"])]
        return not open and jobs

    return wait_until(find, "the end of all jobs", patience)


def check_jobs(jobs, accepted, fail):
    known = {job["id"]: key for key, mine in jobs.items() for job in mine}
    for job, key in accepted.items():
        if known.get(job) != key:
            fail(f"{job} was accepted and is lost")


def check_events(service, jobs, fail):
    """Each job has one terminal event, its last, and its events count up without a gap; by key, what was told."""
    told = {}
    for key, mine in jobs.items():
        told[key] = pages(service, key, "/v1/events")
        sequences, ends = collections.defaultdict(list), collections.defaultdict(list)
        for event in told[key]:
            if event["data"].get("object") != "job":
                continue
            sequences[event["data"]["id"]].append(event["sequence"])
            if event["type"] in TERMINAL:
                ends[event["data"]["id"]].append(event["type"])
        for job in mine:
            if ends[job["id"]] != [f"thumbnail.{job['status']}"]:
                fail(f"{job['id']} is {job['status']} and ended with {ends[job['id']]}")
            if sequences[job["id"]] != list(range(1, len(sequences[job["id"]]) + 1)):
                fail(f"{job['id']} has the events {sequences[job['id']]}")
    return told


def check_webhooks(jobs, told, webhooks, fail):
    """Every terminal event arrived at its endpoint and at its job's callback, always with the list's body."""
    bodies, places = {}, collections.defaultdict(set)
    for path, headers, body in webhooks:
        id = headers["webhook-id"]
        places[id].add("callback" if path.startswith("/callback/") else "endpoint")
        if bodies.setdefault(id, body) != body:
            fail(f"{id} came with two bodies")
    with_callback = {job["id"] for mine in jobs.values() for job in mine if "callback" in job}
    for event in (event for events in told.values() for event in events if event["type"] in TERMINAL):
        wanted = {"endpoint"} | ({"callback"} if event["data"]["id"] in with_callback else set())
        if places[event["id"]] != wanted:
            fail(f"{event['id']} of {event['data']['id']} reached {places[event['id']]}, not {wanted}")
        elif json.loads(bodies[event["id"]]) != event:
            fail(f"{event['id']} differs from the list's")


def missing_webhooks(jobs, told, webhooks):
    """How many terminal events have not reached both of their places."""
    seen = {(headers["webhook-id"], path.startswith("/callback/")) for path, headers, _ in webhooks}
    with_callback = {job["id"] for mine in jobs.values() for job in mine if "callback" in job}
    return sum((event["id"], is_callback) not in seen
               for events in told.values() for event in events if event["type"] in TERMINAL
               for is_callback in ([False, True] if event["data"]["id"] in with_callback else [False]))


def check_ledger(service, tenants, jobs, fail):
    """Lines add up to the balance, nothing is held, and each hold is settled once, as its job ended."""
    lines = 0
    for key, account in tenants.accounts.items():
        ledger = service.pages(f"/v1/accounts/{account}/ledger")
        credits = service.call("GET", f"/v1/accounts/{account}")["credits"]
        lines += len(ledger)
        if (sum(line["amount"] for line in ledger), 0) != (credits["balance"], credits["held"]):
            fail(f"{key}: {credits} after lines of {sum(line['amount'] for line in ledger)}")
        of_job = collections.defaultdict(list)
        for line in reversed(ledger):
            if line["kind"] != "grant":
                of_job[line["jobId"]].append((line["kind"], line["amount"]))
        states = {job["id"]: job["status"] for job in jobs[key]}
        for job, mine in of_job.items():
            held = -mine[0][1]
            end = ("capture", 0) if states[job] == "completed" else ("release", held)
            if mine != [("hold", -held), end]:
                fail(f"{job} is {states[job]}, and its lines are {mine}")
    return lines


class Purchases:
    """By provider, what a job's steps say was bought for certain, what may have been, and what made no picture and
    costs nothing, so that another provider was asked."""

    def __init__(self, job):
        self.certain, self.unknown, self.refunded = (collections.Counter() for _ in range(3))
        for step in job["steps"]:
            if step["id"] not in BOUGHT_BY:
                continue
            error = step.get("error") or {"code": None}
            if error["code"] == "provider_outcome_unknown":
                # A retry took this one's ticket over: it is the retry's purchase.
                self.unknown[step["id"]] += "took this work over" not in error["message"]
            elif error["code"] == "provider_failed":
                self.refunded[step["id"]] += 1
            elif step["status"] == "succeeded" or error["code"] == "provider_returned_nothing":
                self.certain[step["id"]] += 1

    @property
    def count(self):
        return self.certain.total() + self.unknown.total()


def check_purchases(jobs, stats, fail):
    """No job bought twice, nothing was sold that our books do not know of, and every answer that the simulators lost is
    an unknown outcome. An answer that reached a process which then died is known to nobody, and so is an intent whose
    order was never sent: these are the other unknown outcomes."""
    sold, lost = collections.Counter(), collections.Counter()
    for name, operation in BOUGHT_BY.values():
        for purchase in stats["services"].get(name, {}).get("jobs", {}).values():
            token = TOKEN.search(json.dumps(purchase["request"]["body"])).group()
            sold[token] += 1
            lost[token] += purchase["answer_lost"] is not None
    certain, unknown = collections.Counter(), collections.Counter()
    for job in (job for mine in jobs.values() for job in mine):
        mine = Purchases(job)
        if mine.count > 1:
            fail(f"{job['id']} bought more than once: {json.dumps(job['steps'])}")
        # A retry asks for what its job asked for; together they are one order and its successors.
        certain[job["request"]["title"]] += mine.certain.total() + mine.refunded.total()
        unknown[job["request"]["title"]] += mine.unknown.total()
    for token in sold | certain | unknown:
        if not certain[token] <= sold[token] <= certain[token] + unknown[token]:
            fail(f"{token}: sold {sold[token]}, by our books {certain[token]} and perhaps {unknown[token]}")
        if lost[token] > unknown[token]:
            fail(f"{token}: {lost[token]} answers lost, {unknown[token]} unknown")
    unsent = sum((certain + unknown - sold).values())
    print(f"{sold.total()} sold; by our books {certain.total()} bought and {unknown.total()} unknown: {lost.total()} "
          f"answers lost, {unsent} orders that never arrived, {unknown.total() - lost.total() - unsent} answers that "
          "died with us")


def check_pace(stats, fail):
    """No provider told us that we ask too fast."""
    for name, _ in BOUGHT_BY.values():
        for asked, answers in stats["services"].get(name, {}).get("operations", {}).items():
            if answers["rate_limited"]["earned"]:
                fail(f"{name} {asked}: {answers['rate_limited']['earned']} times too fast")


def check_database(path, fail):
    with contextlib.closing(sqlite3.connect(path)) as database:
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
        foreign = database.execute("PRAGMA foreign_key_check").fetchall()
    if integrity != "ok" or foreign:
        fail(f"integrity_check {integrity}, foreign_key_check {foreign}")
