#!/usr/bin/env python3
"""Fills the service's disk under mixed load, makes it read-only, kills the service meanwhile, and checks its books.

Usage: full_disk.py PATH-OF-THUMBWIRE [ROUNDS] [SEED]. Needs Python, root and Linux namespaces. Each round fills the disk
while the service works, and gives the room back while it works on, or kills it first; every third start finds a
read-only disk and must say so and end. What was accepted is never lost, whatever was refused.
"""

import contextlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from campaign import Campaign, arguments
from network import mount_memory, own_mounts, remount

MEGABYTES = 96
# Seconds of work before the disk is full, and while it is.
BUSY, FULL = (0.3, 1.0), (0.2, 1.0)


def fill(file):
    """Leaves no room at all."""
    with open(file, "wb", buffering=0) as filler:
        for size in [1 << 20, 4096, 1]:
            with contextlib.suppress(OSError):
                while filler.write(b"x" * size) == size:
                    pass


def refuse_to_start(campaign, disk):
    """A start on a disk that cannot be written ends by itself, and soon."""
    remount(disk, MEGABYTES, read_only=True)
    try:
        service = campaign.start()
        service.kill()
        campaign.problems.append("the service starts on a read-only disk")
    except RuntimeError:
        pass
    finally:
        remount(disk, MEGABYTES, read_only=False)


def suffer(campaign, disk, number):
    """One round; true where the service was killed while the disk was full."""
    dice, filler = campaign.dice, disk / "filler"
    if number % 3 == 2:
        refuse_to_start(campaign, disk)
    service = campaign.start()
    threads = campaign.load.begin(service)
    time.sleep(dice.uniform(*BUSY))
    fill(filler)
    time.sleep(dice.uniform(*FULL))
    if is_killed := dice.random() < 0.5:
        service.kill()
        filler.unlink()
    else:
        filler.unlink()
        time.sleep(dice.uniform(*BUSY))
    campaign.load.end(threads)
    if not is_killed and (code := service.stop()):
        campaign.problems.append(f"round {number}: exit code {code}")
    return is_killed


def main():
    binary, rounds, seed = arguments(20)
    own_mounts()
    with Campaign("disk", binary, seed) as campaign:
        disk = pathlib.Path(tempfile.mkdtemp(prefix="thumbwire-memory."))
        mount_memory(disk, MEGABYTES)
        campaign.data = disk / "data"
        with campaign.start() as service:
            campaign.furnish(service)
        killed = sum(suffer(campaign, disk, number) for number in range(rounds))
        with campaign.start() as service:
            campaign.settle(service)
        # What memory holds is gone with this process.
        campaign.data = shutil.copytree(disk / "data", campaign.folder / "data")
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()
        print(f"{rounds} times full, {killed} times killed while it was, {rounds // 3} starts on a read-only disk")
        return campaign.conclude()


if __name__ == "__main__":
    sys.exit(main())
