#!/usr/bin/env python3
"""Lets thousands of clients wait on one service while jobs finish, and checks that each hears of its job at once.

Usage: waiters.py PATH-OF-THUMBWIRE [WAITERS] [SEED]. Needs nothing but Python, and a descriptor for each waiter here and
in the service. Ten clients wait for each job, by `?wait=` on GET and on a repeated POST, and by server-sent events;
some for the account's events. A tenth of them leave midway. In the end everybody who stayed has heard of the end of
his job, and the service has as many threads as before, and no descriptor more.
"""

import asyncio
import json
import pathlib
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))

from running import ENDED, KEY, PATIENCE, Service, plugins  # noqa: E402

WAITERS_OF_A_JOB = 10
WAIT = 55
DEADLINE = 1800  # Seconds: jobs rest while their provider is paused for less.
# How a waiter waits; one in a hundred listens to all events of the account.
KINDS = ["get"] * 5 + ["post"] * 2 + ["stream"] * 3
ENDS = {f"thumbnail.{state}" for state in ENDED}
CONNECTING = 256  # At a time: a burst of thousands would only measure the queue of new connections.


class Waiter:
    """One client: how it waits, for which job, and what it heard."""

    def __init__(self, number, dice, jobs):
        self.key, self.body = jobs[number % len(jobs)]
        self.kind = "events" if number % 100 == 99 else dice.choice(KINDS)
        self.leaves = self.kind != "events" and dice.random() < 0.1
        self.job = None
        self.reader = self.writer = None
        self.latency = self.asked = None
        self.heard, self.text = set(), bytearray()

    def request(self):
        headers = f"Authorization: Bearer {KEY}\r\nHost: waiters\r\n"
        if self.kind == "post":
            # The same request again waits for the job that the first one made.
            return (f"POST /v1/jobs?wait={WAIT} HTTP/1.1\r\n{headers}Idempotency-Key: {self.key}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n{self.body}")
        path = {"get": f"/v1/jobs/{self.job}?wait={WAIT}", "stream": f"/v1/jobs/{self.job}/events",
                "events": "/v1/events/stream"}[self.kind]
        return f"GET {path} HTTP/1.1\r\n{headers}\r\n"

    async def connect(self, host, port, gate):
        async with gate:
            self.reader, self.writer = await asyncio.open_connection(host, port, limit=1 << 20)
            self.writer.write(self.request().encode())
            self.asked = time.time()
            if self.kind in ("stream", "events"):
                await self.head()
                while await self.line():
                    pass

    async def head(self):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        status = int(lines[0].split()[1])
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        return status, headers

    async def line(self):
        """The next line of a body that comes in chunks, without its end."""
        while (end := self.text.find(b"\n")) < 0:
            size = int(await self.reader.readline(), 16)
            assert size, "the stream ended"
            self.text += (await self.reader.readexactly(size + 2))[:-2]
        line = bytes(self.text[:end])
        del self.text[:end + 1]
        return line

    async def wait(self, everything):
        """Returns when the waiter has heard what it waits for."""
        if self.kind in ("stream", "events"):
            wanted = everything if self.kind == "events" else {self.job}
            while not wanted <= self.heard:
                line = await self.line()
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    if event["type"] in ENDS:
                        self.heard.add(event["data"]["id"])
                        self.note(event["data"])
            return
        while True:
            status, headers = await self.head()
            job = json.loads(await self.reader.readexactly(int(headers["content-length"])))
            assert status in (200, 202), f"{self.kind}: {status} {job}"
            assert job["id"] == self.job, f"asked for {self.job}, got {job['id']}"
            if self.kind == "post":
                assert headers.get("idempotency-replayed") == "true", headers
            if job["status"] in ENDED:
                self.heard.add(self.job)
                return self.note(job)
            self.writer.write(self.request().encode())

    def note(self, job):
        """How long after the job's end, which it says in whole milliseconds, its news came."""
        end = job["finishedAt"]
        moment = time.mktime(time.strptime(end[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone + float(end[19:-1])
        if self.latency is None and moment > self.asked:
            self.latency = time.time() - moment

    def close(self):
        if self.writer:
            self.writer.transport.abort()


class Process:
    """What the system says of the service."""

    def __init__(self, pid):
        self.folder = pathlib.Path(f"/proc/{pid}")

    def look(self):
        status = dict(line.split(":", 1) for line in (self.folder / "status").read_text().splitlines())
        times = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return {
            "threads": int(status["Threads"]), "rss": int(status["RssAnon"].split()[0]) / 1024,
            "files": len(list((self.folder / "fd").iterdir())), "cpu": (int(times[11]) + int(times[12])) / 100}


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


async def settled(look, is_settled, what):
    """What a look gives once that is settled."""
    end = time.monotonic() + PATIENCE
    while not is_settled(seen := look()):
        assert time.monotonic() < end, f"not in time: {what}: {seen}"
        await asyncio.sleep(0.05)
    return seen


async def at_rest(process):
    """A look at the service once the connections of the calls before are closed there, too."""
    looks = [process.look()]
    while len(looks) < 10 or len({look["files"] for look in looks[-10:]}) > 1:
        await asyncio.sleep(0.05)
        looks.append(process.look())
    return looks[-1]


async def healthy(service):
    """How long the service takes to say that it lives, on a connection of its own."""
    begin = time.monotonic()
    assert (await asyncio.to_thread(service.send, "GET", "/healthz"))[0] == 200
    return time.monotonic() - begin


async def campaign(service, count, seed):
    dice = random.Random(seed)
    place = urllib.parse.urlsplit(service.url)
    process = Process(service.process.pid)
    jobs = [(f"job-{number}", json.dumps({"title": "Wait", "resolution": "64x64", "deadlineSeconds": DEADLINE, "metadata": {"number": number}}))
            for number in range(max(1, count // WAITERS_OF_A_JOB))]
    # One job before, so that all threads are there.
    service.ended(service.call("POST", "/v1/jobs", {"title": "Warm", "resolution": "64x64"})["id"])
    # The jobs rest until then, and run all at once. Who comes later is told, too, but says nothing of the time it takes.
    begins = time.time() + 8 + count / 200
    service.call("POST", "/v1/providers/studio/pause", {
        "until": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begins)), "reason": "waiters gather"})
    made = {}
    for key, body in jobs:
        made[key] = service.call("POST", "/v1/jobs", body.encode(), {"Idempotency-Key": key})["id"]
    before = await at_rest(process)

    waiters = [Waiter(number, dice, jobs) for number in range(count)]
    for waiter in waiters:
        waiter.job = made[waiter.key]
    gate = asyncio.Semaphore(CONNECTING)
    begin = time.monotonic()
    await asyncio.gather(*(waiter.connect(place.hostname, place.port, gate) for waiter in waiters))
    everything = set(made.values())
    listening = [asyncio.create_task(waiter.wait(everything)) for waiter in waiters]
    gathered = await settled(process.look, lambda seen: seen["files"] >= before["files"] + count, "all connected")
    print(f"{count} waiters for {len(jobs)} jobs in {time.monotonic() - begin:.1f} s")
    health = await healthy(service)
    idle = process.look()
    begin = time.monotonic()
    await asyncio.sleep(3)
    after = process.look()
    busy = (after["cpu"] - idle["cpu"]) / (time.monotonic() - begin)

    for waiter, task in zip(waiters, listening):
        if waiter.leaves:
            task.cancel()
            waiter.close()
    gone = sum(waiter.leaves for waiter in waiters)
    begin = time.monotonic()
    await settled(process.look, lambda seen: seen["files"] <= gathered["files"] - gone, "those who left are gone")
    freed = time.monotonic() - begin

    begin = time.monotonic() + max(0, begins - time.time())
    staying = [(waiter, task) for waiter, task in zip(waiters, listening) if not waiter.leaves]
    async with asyncio.timeout(begin - time.monotonic() + PATIENCE + len(jobs) / 5):
        await asyncio.gather(*(task for _, task in staying))
    took = time.monotonic() - begin
    peak = process.look()
    health = max(health, await healthy(service))
    for waiter, _ in staying:
        waiter.close()
    end = await settled(process.look, lambda seen: seen["files"] <= before["files"] + 2, "descriptors as before")

    print(f"waiting: {after['rss'] - before['rss']:.0f} MB more, "
          f"{(after['rss'] - before['rss']) * 1024 / count:.1f} kB a waiter, {busy * 100:.0f} % of a core, "
          f"threads {before['threads']} -> {after['threads']} -> {peak['threads']}, "
          f"/healthz in {health * 1000:.0f} ms, {gone} who left were freed in {freed * 1000:.0f} ms")
    told = [waiter for waiter, _ in staying if waiter.latency is not None]
    for kind in ["get", "post", "stream", "events"]:
        latencies = [waiter.latency for waiter in told if waiter.kind == kind]
        if latencies:
            print(f"{kind:>6}: {len(latencies):5} told, p50 {percentile(latencies, 0.5):.1f} ms, "
                  f"p99 {percentile(latencies, 0.99):.1f} ms, longest {max(latencies) * 1000:.1f} ms")
    everyone = [waiter.latency for waiter in told] or [0]
    print(f"{len(jobs)} jobs in {took:.1f} s; told after {statistics.median(everyone) * 1000:.1f} ms (p50), "
          f"{percentile(everyone, 0.99):.1f} ms (p99); descriptors {before['files']} -> {gathered['files']} -> "
          f"{end['files']}; memory {before['rss']:.0f} -> {peak['rss']:.0f} MB")
    assert max(after["threads"], peak["threads"]) <= before["threads"] + 2, "threads grew with those who wait"
    found = {job["id"] for job in await asyncio.to_thread(service.jobs)}
    assert len(found) == len(jobs) + 1, f"{len(found)} jobs, {len(jobs) + 1} were asked for"


def main():
    binary = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    print(f"seed {seed}")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = tempfile.mkdtemp()
    chain = plugins({"studio": {}}, {"default": ["studio"]}, {"native": "default"})
    try:
        with Service(folder, chain, binary=binary) as service:
            asyncio.run(campaign(service, count, seed))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
