#!/usr/bin/env python3
"""Kills the service with SIGKILL again and again under mixed load, and checks its books.

Usage: kills.py PATH-OF-THUMBWIRE [KILLS] [SEED]. Needs nothing but Python. Jobs of the keyless provider and of three
billed ones that fail and lose answers, for accounts with and without credits, are made, cancelled and tried again, and
followed by endpoints and callbacks. A third of the lives end at a named point of a purchase, the others at a random
moment. In the end no accepted job and no event is lost, no job has bought twice, every answer that was lost is an unknown
outcome, each ledger is exact, the database is whole, and work was taken up within a second of each start.
"""

import datetime
import statistics
import sys
import threading
import time

from campaign import Campaign, arguments

POINTS = ["after-intent", "before-call", "after-answer", "after-ticket", "before-poll", "after-poll", "after-artifacts",
          "after-result", "before-finish", "after-finish"]
RESUMED_WITHIN = 1.0  # seconds from ready, the median of all starts
STARTS_JUDGED = 50  # so many at least: of a few, whatever else the machine does decides


def fault(dice):
    """Where this life ends by itself, if it comes there in time."""
    return {"THUMBWIRE_FAULT": f"{dice.choice(POINTS)}:{dice.randint(1, 4)}"} if dice.random() < 1 / 3 else {}


def live(campaign):
    """One life of the service: when it was ready and when it was dead, in seconds of the wall clock."""
    service = campaign.start(fault(campaign.dice))
    ready = time.time()
    timer = threading.Timer(campaign.dice.uniform(0.05, 1.2), service.process.kill)
    timer.start()
    campaign.load.until_dead(service)
    timer.join()
    service.kill()
    return ready, time.time(), service.start_seconds


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def resumptions(lives, jobs):
    """For each start that found work of the keyless provider, which never rests, how long it took to go on with some;
    a life that ended before that says nothing, unless it was long enough."""
    mine = [job for job in jobs if job["resolved"]["chain"] == "studio"]
    found = []
    for (_, before, _), (ready, dead, _) in zip(lives, lives[1:]):
        moments = [seconds(moment) for job in mine if seconds(job["createdAt"]) < before < seconds(job["finishedAt"])
                   for moment in [job["startedAt"], job["finishedAt"], *(step["startedAt"] for step in job["steps"])]
                   if moment and seconds(moment) > before]
        if moments and (min(moments) < dead or dead - ready > RESUMED_WITHIN):
            found.append(max(min(moments + [dead]) - ready, 0))
    return found


def main():
    binary, kills, seed = arguments(200)
    begin = time.monotonic()
    with Campaign("kills", binary, seed) as campaign:
        with campaign.start() as service:
            campaign.furnish(service)
        lives = [live(campaign) for _ in range(kills)]
        loaded = time.monotonic() - begin
        with campaign.start() as service:
            lives.append((time.time(), float("inf"), service.start_seconds))
            jobs = campaign.settle(service)
        print(f"{kills} kills in {loaded:.0f} s, {time.monotonic() - begin - loaded:.0f} s to settle, slowest start "
              f"{max(life[2] for life in lives) * 1000:.0f} ms")
        took = resumptions(lives, jobs)
        if took:
            print(f"{len(took)} starts found work, and went on with it {statistics.median(took) * 1000:.0f} ms (median), "
                  f"{max(took) * 1000:.0f} ms (at most) after they were ready")
            if len(took) >= STARTS_JUDGED and statistics.median(took) > RESUMED_WITHIN:
                campaign.problems.append(f"work was taken up after {statistics.median(took):.2f} s")
        return campaign.conclude()


if __name__ == "__main__":
    sys.exit(main())
