#!/usr/bin/env python3
"""Measures the service, its accept path and its engine beside bare floors and other engines, in one run: one table.

Usage: bench.py FOLDER-OF-BINARIES [--json FILE] [--only PART,...] [--history COUNT]. The folder has thumbwire,
engine-bench and accept-floor. Each figure is the median of five runs, with the least and the most; whatever is compared
takes turns in the same run. Peers come from Benchmarks/requirements.txt in the interpreter that THUMBWIRE_BENCH_PYTHON
names, or this one. What is called durable `fsync` has every acknowledged step behind an fsync, `no` has none; only equal
classes are compared. Fails where something breaks, never for slowness.

BENCH_QUICK=1 makes a version of about two minutes with smaller numbers. Deliveries are for bench-webhooks.py.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent / "Benchmarks"
sys.path[:0] = [str(BENCHMARKS / "suite"), str(BENCHMARKS / "webhooks")]
import acceptance  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
from engine import Engine, rate  # noqa: E402
from parties import Service  # noqa: E402
from table import Table, ratios  # noqa: E402

QUICK = os.environ.get("BENCH_QUICK") == "1"
RUNS = 3 if QUICK else 5
SECONDS = 2 if QUICK else 5  # of a run that goes on for a time
DRAINED = 5_000 if QUICK else 100_000
BLOCKED = 5_000 if QUICK else 100_000
HISTORY = 20_000 if QUICK else 1_000_000
HUEY_JOBS, DBOS_JOBS, PROCRASTINATE_JOBS = (1_000, 50, 200) if QUICK else (20_000, 500, 2_000)
PYTHON = os.environ.get("THUMBWIRE_BENCH_PYTHON", sys.executable)
VIDEO_JOB = {
    "title": "10 Developer Productivity Hacks", "prompt": "A desk with monitors showing code",
    "colorGrading": "Cinematic", "layoutType": "TextLeft"}


class Bench:
    def __init__(self, table, binaries, work, history):
        self.table, self.work, self.history = table, work, history
        self.thumbwire, self.engine_bench, self.accept_floor = (
            binaries / name for name in ("thumbwire", "engine-bench", "accept-floor"))

    def service(self):
        """Start, idle memory, and one job after the other through the whole chain."""
        starts, private, resident, chains = [], [], [], []
        shipped = BENCHMARKS.parent / "plugins.json"
        for _ in range(RUNS):
            data = tempfile.mkdtemp(dir=self.work)
            begin = time.perf_counter()
            with Service(self.thumbwire, data, self.work, shipped) as service:
                starts.append((time.perf_counter() - begin) * 1_000)
                memory = service.memory()
                private.append(memory["RssAnon"])
                resident.append(memory["VmRSS"])
                chains += [picture_milliseconds(service) for _ in range(4)][1:]
            shutil.rmtree(data)
        self.table.row("start to ready", "ms", starts, goal=("<=", 100))
        self.table.row("idle memory, private (RssAnon)", "MB", private, goal=("<=", 25))
        self.table.row("idle memory, resident (RSS)", "MB", resident, goal=("<=", 64))
        self.table.row("720p chain after the provider, one job at a time", "ms", chains, beside="from the job's steps")

    def accept(self):
        """Jobs accepted over HTTP beside servers that do less, with the same request from the same client."""
        posts = acceptance.Posts(self.work, SECONDS)
        bare, floor, ours, drawing, resident = [], [], [], [], []
        constant = self.work / "bare_server"
        subprocess.run(
            ["clang", "-O2", BENCHMARKS / "bare_server.c", "-o", constant, "-lmicrohttpd"], check=True)
        with acceptance.busy_providers(self.work) as plugins:
            for _ in range(RUNS):
                with acceptance.floor(constant) as port:
                    bare.append(posts.rate(port))
                with acceptance.floor(self.accept_floor) as port:
                    floor.append(posts.rate(port))
                accepted, _ = acceptance.accepted(posts, self.thumbwire, self.work, plugins)
                ours.append(accepted)
                accepted, memory = acceptance.accepted(posts, self.thumbwire, self.work)
                drawing.append(accepted)
                resident.append(memory)
        self.table.row("HTTP floor: libmicrohttpd, constant answer", "/s", bare, "no")
        self.table.row("HTTP floor: libmicrohttpd, JSON read, Swift task", "/s", floor, "no")
        ratio = ratios(ours, floor)
        self.table.row(
            "jobs accepted over HTTP, key checked, providers busy", "/s", ours, "fsync",
            f"ratio to the floor with a task {ratio:.2f}", (">=", 0.35), ratio, ratio=ratio)
        ratio = ratios(drawing, floor)
        self.table.row(
            "jobs accepted over HTTP while pictures are drawn", "/s", drawing, "fsync",
            f"ratio to the floor with a task {ratio:.2f}", ratio=ratio)
        self.table.row("  resident memory of the service after it", "MB", resident)

    def drain(self):
        """No-op jobs handed in, then worked off; other engines take turns with ours."""
        plain, five, history, blocked = [], [], [], []
        others = {name: [] for name in ("huey", "dbos", "dbos five", "procrastinate")}
        with contextlib.ExitStack() as stack:
            old = stack.enter_context(Engine(self.engine_bench, self.work))
            old.ask("history", self.history)
            stuck = stack.enter_context(Engine(self.engine_bench, self.work))
            stuck.ask("block", BLOCKED)
            connection = self.postgres(stack)
            for _ in range(RUNS):
                with Engine(self.engine_bench, self.work) as new:
                    plain.append(new.ask("drain", DRAINED, "default"))
                with Engine(self.engine_bench, self.work) as new:
                    five.append(new.ask("drain", DRAINED, "five"))
                history.append(old.ask("drain", DRAINED, "default"))
                blocked.append(stuck.ask("drain", DRAINED, "default"))
                self.peer(others, "huey", lambda: peers.in_folder(self.work, PYTHON, "huey", HUEY_JOBS))
                self.peer(others, "dbos", lambda: peers.in_folder(self.work, PYTHON, "dbos", DBOS_JOBS, 1))
                self.peer(
                    others, "dbos five", lambda: peers.in_folder(self.work, PYTHON, "dbos", DBOS_JOBS // 5, 5))
                if connection:
                    self.peer(others, "procrastinate", lambda: peers.run(
                        PYTHON, "procrastinate", connection, PROCRASTINATE_JOBS))
            memory = old.memory()
        self.drain_rows(plain, five, history, blocked, others)
        self.table.row(f"  resident memory beside {self.history} finished jobs", "MB", [memory])
        return statistics.median(map(rate, plain))

    def drain_rows(self, plain, five, history, blocked, others):
        ours, chain = list(map(rate, plain)), list(map(rate, five))
        row = self.table.row
        row(f"no-op chain end to end, {DRAINED} jobs handed in, then done", "/s", ours, "fsync", goal=(">=", 8_000))
        row("  handing in, 64 at a time", "/s", [rate(run, "enqueue") for run in plain], "fsync")
        row("  working off, until the last is durably complete", "/s", [rate(run, "drain") for run in plain], "fsync")
        for name, limit in (("huey", 3), ("dbos", 20), ("procrastinate", None)):
            if others[name]:
                ratio = ratios(ours, others[name])
                row(f"  {PEERS[name]}", "/s", others[name], "fsync", f"ours is {ratio:.1f} times it",
                    limit and (">=", limit), ratio, ratio=ratio)
        row("chain of a provider and four steps, end to end", "/s", chain, "fsync",
            "the provider's result is a checkpoint; pure steps are written with the end")
        if others["dbos five"]:
            ratio = ratios(chain, others["dbos five"])
            row(f"  {PEERS['dbos']}, 5 steps", "/s", others["dbos five"], "fsync", f"ours is {ratio:.1f} times it",
                ratio=ratio)
        alone = [rate(run, "drain") for run in plain]
        for what, runs in (
            (f"working off beside {self.history} finished jobs", history),
            (f"working off behind {BLOCKED} jobs of a paused provider", blocked),
        ):
            rates = [rate(run, "drain") for run in runs]
            ratio = ratios(rates, alone)
            row(what, "/s", rates, "fsync", f"{ratio:.2f} of what it is without them", ratio=ratio)

    def postgres(self, stack):
        try:
            return stack.enter_context(peers.postgres(self.work))
        except peers.LeftOut as reason:
            self.table.leave_out(PEERS["procrastinate"], str(reason))
            return None

    def peer(self, others, name, run):
        """A peer that did not run once is not tried again."""
        if others[name] is None:
            return
        try:
            others[name].append(run())
        except peers.LeftOut as reason:
            others[name] = None
            self.table.leave_out(PEERS[name.split()[0]], str(reason))

    def latency(self):
        """Open loop: jobs come at their time, and their latency counts from it whatever held them up."""
        with Engine(self.engine_bench, self.work) as engine:
            engine.ask("pace", 100, 1)
            for pace in (100, 1_000, 5_000):
                runs = [engine.ask("pace", pace, SECONDS) for _ in range(RUNS)]
                for moment in ("start", "done"):
                    beside = ", ".join(
                        f"{quantile} {statistics.median(run[moment][quantile] for run in runs):.2f} ms"
                        for quantile in ("p50", "p95"))
                    self.table.row(
                        f"handed in to {'started' if moment == 'start' else 'durably done'} at {pace} jobs/s, p99",
                        "ms", [run[moment]["p99"] for run in runs], "fsync", beside, quantiles=[run[moment] for run in runs])
            self.table.row("  resident memory after it", "MB", [engine.memory()])

    def neighbours(self, capacity):
        """An account with a tenth of a load that nearly fills the engine, alone and beside the other nine tenths."""
        pace = max(10, round(capacity * 0.8 / 10))
        alone, beside = [], []
        with Engine(self.engine_bench, self.work) as engine:
            for _ in range(RUNS):
                alone.append(engine.ask("pace", pace, SECONDS)["done"]["p95"])
                beside.append(engine.ask("neighbours", pace, pace * 9, SECONDS)["done"]["p95"])
        self.table.row(f"account with {pace} jobs/s alone: handed in to done, p95", "ms", alone, "fsync")
        self.table.row(
            f"  beside another with {pace * 9} jobs/s", "ms", beside, "fsync",
            f"{ratios(beside, alone):.1f} times as long", ratio=ratios(beside, alone))


PEERS = {
    "huey": "Huey on SQLite, fsync, at most once",
    "dbos": "DBOS on SQLite, rollback journal",
    "procrastinate": "procrastinate on PostgreSQL, defaults",
}
PARTS = ("service", "accept", "drain", "latency", "neighbours")


def picture_milliseconds(service):
    """What the steps behind the provider of one job took."""
    job = service.call("POST", "/v1/jobs?wait=55", VIDEO_JOB)
    if job["status"] != "completed":
        raise SystemExit(f"job {job['id']} is {job['status']}")
    return sum(seconds(step["finishedAt"]) - seconds(step["startedAt"]) for step in job["steps"][1:]) * 1_000


def seconds(moment):
    """Of the hour, of an RFC 3339 time: jobs here take less."""
    return int(moment[14:16]) * 60 + float(moment[17:23])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--json", default="bench-results.json", metavar="FILE")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,...", help=", ".join(PARTS))
    parser.add_argument("--history", type=int, default=HISTORY, metavar="COUNT", help="finished jobs to work beside")
    options = parser.parse_args()
    only = options.only.split(",")
    if not set(only) <= set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="thumbwire-bench-", dir=os.environ.get("TMPDIR")) as folder:
        work = pathlib.Path(folder)
        table = Table(machine.facts(work, PYTHON) | {"runs": f"{RUNS}{', quick' if QUICK else ''}"})
        bench = Bench(table, options.binaries.resolve(), work, options.history)
        capacity = 5_000
        for part in PARTS:
            if part not in only:
                continue
            if part == "neighbours":
                bench.neighbours(capacity)
            else:
                capacity = getattr(bench, part)() or capacity
        table.document["facts"]["load after"] = f"{os.getloadavg()[0]:.1f}"
        table.write(options.json)
    print(f"\nload {os.getloadavg()[0]:.1f} at the end; the same as JSON in {options.json}")


main()
