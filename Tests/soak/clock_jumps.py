#!/usr/bin/env python3
"""Sets the clock a day forward and back while the service works, and checks its books.

Usage: clock_jumps.py PATH-OF-THUMBWIRE [JUMPS] [SEED]. Needs Python and a C compiler: a library that is loaded into the
service adds to what its wall clock says, and leaves the steady clock alone, as setting a machine's clock does. Jobs,
purchases and webhooks go on at all times: nothing is lost, bought or settled twice, and nothing is stuck after the last
jump, which is forward: what rests waits for its moment when the clock is set back. From JUMPS_JUDGED jumps on, no
provider may be asked faster than it allows either.
"""

import struct
import subprocess
import sys
import time

from campaign import Campaign, arguments

DAY = 24 * 3600
JUMPS_JUDGED = 20
# Seconds of normal work between two jumps.
REST = (1.0, 4.0)
LIBRARY = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("CLOCK_OFFSET_FILE"), O_RDONLY | O_CLOEXEC);
    offset = mmap(0, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}
"""


class Clock:
    """The service's wall clock."""

    def __init__(self, folder):
        source, self.library, self.offset = folder / "clock.c", folder / "clock.so", folder / "offset"
        source.write_text(LIBRARY)
        subprocess.run(["clang", "-shared", "-fPIC", "-O1", "-o", self.library, source], check=True)
        self.set(0)
        self.environment = {"LD_PRELOAD": str(self.library), "CLOCK_OFFSET_FILE": str(self.offset)}

    def set(self, seconds):
        """In place, as the service has the file mapped."""
        with open(self.offset, "r+b" if self.offset.exists() else "w+b", buffering=0) as file:
            file.write(struct.pack("<q", seconds))


def main():
    binary, jumps, seed = arguments(20)
    with Campaign("clock", binary, seed, now="skip") as campaign:
        clock = Clock(campaign.folder)
        service = campaign.start(clock.environment)
        campaign.furnish(service)
        threads = campaign.load.begin(service)
        for jump in range(jumps):
            time.sleep(campaign.dice.uniform(*REST))
            clock.set([DAY, 0, -DAY, 0][jump % 4])
        time.sleep(campaign.dice.uniform(*REST))
        # What rests until a moment of a day to come waits for that day: it comes now.
        clock.set(2 * DAY)
        campaign.load.end(threads)
        campaign.settle(service)
        if jumps >= JUMPS_JUDGED:
            campaign.check_pace()
        if code := service.stop():
            campaign.problems.append(f"exit code {code}")
        print(f"{jumps} jumps")
        return campaign.conclude()


if __name__ == "__main__":
    sys.exit(main())
