#!/usr/bin/env python3
"""Sends tiny jobs through one service for as long as asked, and checks that it neither grows nor slows down.

Usage: endurance.py PATH-OF-THUMBWIRE [JOBS] [CLIENTS]. Needs Python and /proc. Prints a line for every 5 % of the jobs:
memory, descriptors, threads, the database's size, and how long the jobs of that part took from acceptance to their end.
Fails where the last quarter's median of memory, descriptors, threads or latency is above the first's by more than
TOLERANCES say, the first tenth, in which caches and pools fill, being left out. Latency is judged from LATENCY_FROM jobs
on: in a few seconds, whatever else the machine does decides.
"""

import http.client
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))

from running import KEY, PATIENCE, Service  # noqa: E402

PARTS = 20
WARM_UP = 2
LATENCY_FROM = 100_000
# What -> how much more than in the first quarter is allowed: a share of that, and a constant that small runs need.
TOLERANCES = {"rss": (0.10, 24 << 20), "descriptors": (0.10, 8), "threads": (0.10, 4), "latency": (0.25, 0.05)}
# The smallest picture there is, encoded and nothing else: what is measured is the engine and its store.
DOCUMENT = {
    "version": 1, "providers": {"studio": {"plugin": "studio"}},
    "chains": {"default": {"providers": ["studio"], "steps": [{"use": "encode"}]}}}
JOB = json.dumps({"title": "e", "resolution": "64x64"}).encode()


class Client(threading.Thread):
    """One connection that asks for a job and waits for its end, again and again; notes how long each took."""

    def __init__(self, service, left, took):
        super().__init__()
        self.place, self.left, self.took, self.problem = urllib.parse.urlsplit(service.url), left, took, None

    def run(self):
        connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        while self.left.take():
            begin = time.monotonic()
            connection.request("POST", "/v1/jobs?wait=55", JOB, headers)
            answer = connection.getresponse()
            job = json.loads(answer.read())
            if answer.status != 200 or job["status"] != "completed":
                self.problem = f"{answer.status} {job}"
                return
            self.took.append(time.monotonic() - begin)
        connection.close()


class Count:
    """Hands out that many turns."""

    def __init__(self, count):
        self.count, self.lock = count, threading.Lock()

    def take(self):
        with self.lock:
            self.count -= 1
            return self.count >= 0


def sample(service, took):
    process = pathlib.Path("/proc") / str(service.process.pid)
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return {
        "rss": int(status["VmRSS"].split()[0]) << 10, "threads": int(status["Threads"]),
        "descriptors": len(os.listdir(process / "fd")), "latency": statistics.median(took),
        "p99": sorted(took)[int(len(took) * 0.99)],
        "database": sum(file.stat().st_size for file in service.data.glob("thumbwire.db*"))}


def endure(service, jobs, clients):
    """A sample for each part of the jobs."""
    samples = []
    for part in range(PARTS):
        count = jobs * (part + 1) // PARTS - jobs * part // PARTS
        begin, took, left = time.monotonic(), [], Count(count)
        workers = [Client(service, left, took) for _ in range(clients)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for worker in workers:
            if worker.problem:
                raise RuntimeError(worker.problem)
        now = sample(service, took)
        samples.append(now)
        print(f"{(part + 1) * 100 // PARTS:3} %  {count / (time.monotonic() - begin):7.0f} jobs/s  "
              f"{now['rss'] / 1e6:6.1f} MB  {now['descriptors']:4} descriptors  {now['threads']:3} threads  "
              f"{now['database'] / 1e6:8.1f} MB database  p50 {now['latency'] * 1000:6.1f} ms  "
              f"p99 {now['p99'] * 1000:6.1f} ms", flush=True)
    return samples


def growth(samples, jobs):
    """What grew by more than is allowed."""
    warm = samples[WARM_UP:]
    quarter = len(warm) // 4
    for what, (share, constant) in TOLERANCES.items():
        if what == "latency" and jobs < LATENCY_FROM:
            continue
        first, last = (statistics.median(one[what] for one in part) for part in (warm[:quarter], warm[-quarter:]))
        if last > first * (1 + share) + constant:
            yield f"{what} grew from {first:.4g} to {last:.4g}"


def main():
    binary, jobs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000
    clients = int(sys.argv[3]) if len(sys.argv) > 3 else 16
    folder = pathlib.Path(tempfile.mkdtemp(prefix="thumbwire-endurance."))
    begin = time.monotonic()
    with Service(folder, DOCUMENT, binary=binary) as service:
        samples = endure(service, jobs, clients)
    took = time.monotonic() - begin
    print(f"{jobs} jobs in {took:.0f} s, {jobs / took:.0f} a second; 2 million would take {2e6 * took / jobs / 3600:.1f} h")
    problems = list(growth(samples, jobs))
    for problem in problems:
        print("WRONG", problem)
    shutil.rmtree(folder)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
