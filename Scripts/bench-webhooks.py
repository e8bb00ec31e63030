#!/usr/bin/env python3
"""Measures the delivery of webhooks beside a bare libcurl loop and a sender in Python, in one run, on loopback.

Usage: bench-webhooks.py PATH-OF-THUMBWIRE. The floors are compiled with clang; the sender in Python needs requests and
standardwebhooks and is left out without them. Throughput is that of a backlog: events are kept for paused endpoints,
which are then resumed, so that nothing but the delivery path has work. Latency is under paced load. Fails only where
something breaks: figures are to be read with the load average, which is printed.

BENCH_DELIVERIES (40000), BENCH_SECONDS (10), BENCH_REPEATS (3), BENCH_PAIRS (5) and BENCH_WAITING (1000000) set the
sizes; BENCH_ONLY names the measurements to make.
"""

import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent / "Benchmarks" / "webhooks"
sys.path.insert(0, str(HERE))
from parties import Receiver, Service, compiled, eventually  # noqa: E402

BINARY = sys.argv[1]
DELIVERIES = int(os.environ.get("BENCH_DELIVERIES", 40_000))
SECONDS = float(os.environ.get("BENCH_SECONDS", 10))
REPEATS = int(os.environ.get("BENCH_REPEATS", 3))
PAIRS = int(os.environ.get("BENCH_PAIRS", 5))
WAITING = int(os.environ.get("BENCH_WAITING", 1_000_000))
IN_FLIGHT = 64
IN_FLIGHT_PER_TARGET = 8
HUNG = 1_000


def row(what, figure, beside=""):
    print(f"{what:<58} {figure:>14}  {beside}", flush=True)


@contextlib.contextmanager
def pair(work):
    """A new service and a receiver that counts from nothing."""
    data = tempfile.mkdtemp(dir=work)
    with Receiver(work) as receiver, Service(BINARY, data, work) as service:
        yield service, receiver
    shutil.rmtree(data)


def urls(receiver, count, kind="e"):
    return [receiver.url(f"{kind}/{number}") for number in range(count)]


def backlog(service, receiver, endpoints, deliveries, **options):
    """Sends a backlog to that many endpoints; deliveries a second over the middle 80 % of it."""
    ids = service.endpoints(urls(receiver, endpoints), ["thumbnail.cancelled"], change="pause", **options)
    service.send_tests(ids, deliveries)
    receiver.forget()
    service.send([f"POST /v1/webhook-endpoints/{id}/resume" for id in ids])
    eventually(lambda: receiver.count() >= deliveries, f"{deliveries} deliveries")
    rate = receiver.stats()["rate"]
    service.send([f"DELETE /v1/webhook-endpoints/{id}" for id in ids])
    return rate


def throughput(work):
    rates = {}
    for endpoints, in_flight, options in (
        (1, IN_FLIGHT_PER_TARGET, {}), (1, IN_FLIGHT, {"maxInFlight": IN_FLIGHT}), (100, IN_FLIGHT, {}),
        (1_000, IN_FLIGHT, {}),
    ):
        with pair(work) as (service, receiver):
            ours, bare = [], []
            for _ in range(REPEATS):
                ours.append(backlog(service, receiver, endpoints, DELIVERIES, **options))
                bare.append(float(compiled(
                    work, "post_loop", receiver.port, work / "request", DELIVERIES, in_flight, endpoints)))
            if endpoints == 100:
                python_sender(work, receiver)
        rates[endpoints] = statistics.median(ours)
        ratio = statistics.median(one / other for one, other in zip(ours, bare))
        row(f"signed and logged, endpoints: {endpoints}", f"{rates[endpoints]:.0f} /s",
            f"bare loop, {in_flight} in flight: {statistics.median(bare):.0f} /s, ratio {ratio:.2f} (goal 0.5)")
    return rates


def python_sender(work, receiver):
    run = subprocess.run(
        [sys.executable, HERE / "python_sender.py", str(receiver.port), work / "request", "3000", "100"],
        text=True, capture_output=True)
    name = "  requests and standardwebhooks in 64 threads"
    if run.returncode == 0:
        row(name, f"{run.stdout.strip()} /s", "signed, not logged")
    else:
        row(name, "left out", run.stderr.strip().splitlines()[-1])


def latency(work, rate):
    """Jobs at such a pace that ten endpoints get `rate` deliveries a second."""
    with pair(work) as (service, receiver):
        service.endpoints(urls(receiver, 10), ["thumbnail.completed"])
        warm = service.send_jobs(rate / 10, rate / 10)
        eventually(lambda: receiver.count() >= warm * 10, "the first deliveries")
        receiver.forget()
        jobs = service.send_jobs(rate / 10 * SECONDS, rate / 10)
        eventually(lambda: receiver.count() >= jobs * 10, "every delivery")
        stats = receiver.stats()
        row(f"job done to 2xx, 10 endpoints, {stats['rate']} /s", f"p99 {stats['p99']} ms",
            f"p50 {stats['p50']} ms, p99.9 {stats['p999']} ms (goal p99 20 ms)")


def isolation(work, rate):
    """100 endpoints get test events in turn; in every second run one of them never answers."""
    p99 = {False: [], True: []}
    for number in range(2 * PAIRS):
        has_hole = number % 2 == 1
        with pair(work) as (service, receiver):
            ids = service.endpoints(
                urls(receiver, 1, "hang" if has_hole else "e") + urls(receiver, 100)[1:], ["thumbnail.cancelled"])
            service.send_tests(ids, rate, rate)
            receiver.forget()
            sent = service.send_tests(ids, rate * SECONDS, rate)
            eventually(lambda: receiver.count() >= sent * 98 // 100, "nearly all deliveries")
            p99[has_hole].append(receiver.stats()["p99"])
    ratio = statistics.median(one / other for one, other in zip(p99[True], p99[False]))
    row(f"99 endpoints beside a black hole, {rate} /s", f"p99 {statistics.median(p99[True])} ms",
        f"without it {statistics.median(p99[False])} ms, ratio {ratio:.2f} (goal 1.25)")


def hung(work):
    """A backlog for 100 endpoints with and without hung connections."""
    rates = {False: [], True: []}
    for number in range(2 * REPEATS):
        has_hung = number % 2 == 1
        with pair(work) as (service, receiver):
            if has_hung:
                service.send_tests(service.endpoints(urls(receiver, HUNG, "hang"), ["thumbnail.cancelled"]), HUNG)
                eventually(lambda: receiver.hanging() >= HUNG, "hung connections")
            rates[has_hung].append(backlog(service, receiver, 100, DELIVERIES))
    ratio = statistics.median(one / other for one, other in zip(rates[True], rates[False]))
    row(f"beside {HUNG} hung connections, endpoints: 100", f"{statistics.median(rates[True]):.0f} /s",
        f"without them {statistics.median(rates[False]):.0f} /s, ratio {ratio:.2f} (goal 0.8)")


def waiting(work):
    """Jobs whose events wait for 1000 paused endpoints."""
    with pair(work) as (service, receiver):
        service.endpoints(urls(receiver, 1_000), ["thumbnail.queued"], change="pause")
        before = service.memory()["RssAnon"]
        service.send_jobs(WAITING // 1_000, 0)
        after = service.memory()
        row(f"{WAITING} deliveries waiting: memory (RssAnon)", f"{after['RssAnon']:.1f} MB",
            f"before {before:.1f} MB; RSS {after['VmRSS']:.1f} MB")
        row("  meanwhile to others, endpoints: 100", f"{backlog(service, receiver, 100, DELIVERIES):.0f} /s")


def main():
    only = os.environ.get("BENCH_ONLY", "throughput latency isolation hung waiting").split()
    print(f"{os.uname().sysname} {os.uname().release}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="thumbwire-bench-") as folder:
        work = pathlib.Path(folder)
        rate = throughput(work)[100] if "throughput" in only else 8_000
        for measurement, argument in (
            (latency, [rate / 2]), (isolation, [round(min(rate / 4, 2_000))]), (hung, []), (waiting, []),
        ):
            if measurement.__name__ in only:
                measurement(work, *argument)
    print(f"load {os.getloadavg()[0]:.1f}")


main()
