"""The time of the simulated services: real time that a test can move on, and windows that count against it."""

import threading
import time


class Aborted(Exception):
    """A reset or the end of the process woke someone who waited: the connection closes without an answer."""


class Clock:
    """Real time plus what the test added. Waiting ends early when the test moves on, and aborts at a reset."""

    def __init__(self):
        self.condition = threading.Condition()
        self.offset = 0.0
        self.epoch = 0
        self.start = time.monotonic()

    def seconds(self):
        """Seconds since the start of the process, the test's additions included."""
        return time.monotonic() - self.start + self.offset

    def milliseconds(self):
        return int(self.seconds() * 1000)

    def wall(self):
        """Unix seconds, the test's additions included."""
        return time.time() + self.offset

    def advance(self, seconds):
        with self.condition:
            self.offset += seconds
            self.condition.notify_all()

    def abort_waits(self):
        with self.condition:
            self.epoch += 1
            self.condition.notify_all()

    def reset(self):
        with self.condition:
            self.offset = 0.0
        self.abort_waits()

    def sleep(self, seconds):
        with self.condition:
            end, epoch = self.seconds() + seconds, self.epoch
            while self.epoch == epoch:
                left = end - self.seconds()
                if left <= 0:
                    return
                self.condition.wait(left)
        raise Aborted


class MinuteWindow:
    """Counts what each key took in a minute that begins with its first call."""

    SECONDS = 60

    def __init__(self, clock):
        self.clock = clock
        self.windows = {}

    def take(self, key, limit, units=1):
        """Takes that much of the minute's budget, all or nothing, and says whether it was there."""
        start, used = self.window(key)
        is_allowed = used + units <= limit
        if is_allowed:
            self.windows[key] = (start, used + units)
        return is_allowed

    def remaining(self, key, limit):
        return max(0, limit - self.window(key)[1])

    def seconds_left(self, key):
        return max(0.0, self.window(key)[0] + self.SECONDS - self.clock.seconds())

    def window(self, key):
        now = self.clock.seconds()
        start, used = self.windows.get(key, (now, 0))
        if now - start >= self.SECONDS:
            start, used = now, 0
        self.windows[key] = (start, used)
        return start, used
