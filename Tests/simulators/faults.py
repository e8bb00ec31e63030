"""What goes wrong on purpose: scripts of faults, faults by chance with a seed, and gates that hold calls."""

import collections
import random
import threading

from clock import Aborted

# Kind -> (when, what it does). "before": the service never acts, so nothing is bought. "work": the service acts, and
# what it makes goes wrong. "after": the service acts as always, so a create is bought, and the answer goes wrong.
KINDS = {
    "refuse_before": ("before", "the connection closes, nothing happens"),
    "reset_before": ("before", "the connection is reset (RST), nothing happens"),
    "status": ("before", "answers `status` in the service's own error shape; `body`, `headers`, `retry_after`"),
    "delay": ("before", "waits `seconds`, then goes on as always (the create is bought after the wait)"),
    "hang": ("before", "no answer until the client leaves, nothing happens"),
    "job_fails": ("work", "the job is bought and fails; `message`"),
    "job_hangs": ("work", "the job is bought and never ends"),
    "job_vanishes": ("work", "the job is bought and its id is unknown at once (404 on polls)"),
    "lost_answer": ("after", "the connection closes without an answer"),
    "reset_after": ("after", "the connection is reset (RST) without an answer"),
    "hang_after": ("after", "no answer until the client leaves"),
    "late_answer": ("after", "the answer comes `seconds` later"),
    "status_after": ("after", "answers `status` although it acted"),
    "cut_head": ("after", "half of the head, then the connection closes"),
    "cut_body": ("after", "the head and half of the body (of a stream: its first event), then it closes"),
    "slow_body": ("after", "the body comes in 8 pieces over `seconds`"),
    "empty_body": ("after", "the right status with no body"),
    "garbage": ("after", "the right status with an HTML page"),
    "wrong_json": ("after", "the right status with JSON of another shape: `[null]`"),
    "huge_body": ("after", "the right status, then `bytes` (64 MiB unless told) of spaces before the body"),
    "stream_error": ("after", "a stream whose last event is an error"),
}
MEMBERS = {"kind", "seconds", "status", "body", "headers", "retry_after", "message", "bytes"}
NUMBERS = {"seconds", "status", "retry_after", "bytes"}
NEEDED = {"status": "status", "status_after": "status", "delay": "seconds", "late_answer": "seconds",
          "slow_body": "seconds"}


class BadFault(ValueError):
    """A script that cannot be followed; the text says why."""


def checked(fault):
    fault = {"kind": fault} if isinstance(fault, str) else fault
    if not isinstance(fault, dict) or fault.get("kind") not in KINDS:
        raise BadFault(f"fault {fault!r}: `kind` must be one of {', '.join(KINDS)}")
    unknown = set(fault) - MEMBERS
    if unknown:
        raise BadFault(f"fault {fault!r}: unknown members {sorted(unknown)}")
    needed = NEEDED.get(fault["kind"])
    if needed and needed not in fault:
        raise BadFault(f"fault {fault['kind']} needs `{needed}`")
    for name in NUMBERS & set(fault):
        if isinstance(fault[name], bool) or not isinstance(fault[name], (int, float)) or fault[name] < 0:
            raise BadFault(f"fault {fault['kind']}: `{name}` must be a number of at least 0")
    return fault


class Chance:
    """Faults by chance: the same seed gives the same sequence, call by call."""

    def __init__(self, rate, seed, kinds, limit=None):
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise BadFault(f"rate {rate!r} must be a number from 0 to 1")
        if not isinstance(kinds, list) or not kinds:
            raise BadFault("`kinds` must list at least one fault")
        self.rate, self.dice, self.limit = rate, random.Random(seed), limit
        self.kinds = [checked(kind) for kind in kinds]

    def draw(self):
        roll, fault = self.dice.random(), self.dice.choice(self.kinds)
        if roll >= self.rate or self.limit == 0:
            return None
        if self.limit:
            self.limit -= 1
        return fault


class Faults:
    """One queue and at most one chance for each operation; operation `*` is every operation of the service."""

    def __init__(self):
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        with self.lock:
            self.scripts = collections.defaultdict(collections.deque)
            self.chances = {}

    def enqueue(self, service, operation, faults):
        if not isinstance(faults, list) or not faults:
            raise BadFault("`faults` must list at least one fault")
        faults = [checked(fault) if fault is not None else None for fault in faults]
        with self.lock:
            self.scripts[service, operation].extend(faults)

    def set_chance(self, service, operation, chance):
        with self.lock:
            self.chances[service, operation] = chance

    def take(self, service, operation):
        """The fault of this call, or None. A null in a script lets one call pass."""
        with self.lock:
            for name in ((service, operation), (service, "*")):
                if self.scripts[name]:
                    return self.scripts[name].popleft()
            for name in ((service, operation), (service, "*")):
                if name in self.chances:
                    return self.chances[name].draw()
        return None

    def pending(self):
        with self.lock:
            return {f"{service}.{operation}": len(queue)
                    for (service, operation), queue in self.scripts.items() if queue}


class Gates:
    """Calls of a held operation wait, before the service acts or after it, until they are let through."""

    PHASES = ("before", "after")

    def __init__(self, clock):
        self.clock = clock
        self.held = {}
        self.waiting = collections.Counter()

    def reset(self):
        with self.clock.condition:
            self.held.clear()
        self.clock.abort_waits()

    def hold(self, service, operation, phase):
        with self.clock.condition:
            self.held[service, operation, phase] = 0

    def release(self, service, operation, calls=None):
        """Lets that many waiting or coming calls through; all, and opens the gate, where `calls` is None."""
        with self.clock.condition:
            for phase in self.PHASES:
                name = (service, operation, phase)
                if name in self.held and calls is None:
                    del self.held[name]
                elif name in self.held:
                    self.held[name] += calls
            self.clock.condition.notify_all()

    def pass_through(self, service, operation, phase):
        name = (service, operation, phase)
        with self.clock.condition:
            epoch = self.clock.epoch
            self.waiting[name] += 1
            try:
                while self.held.get(name) == 0 and self.clock.epoch == epoch:
                    self.clock.condition.wait()
            finally:
                self.waiting[name] -= 1
            if self.clock.epoch != epoch:
                raise Aborted
            if name in self.held:
                self.held[name] -= 1

    def document(self):
        with self.clock.condition:
            return [{"service": service, "operation": operation, "phase": phase,
                     "waiting": self.waiting[service, operation, phase]}
                    for service, operation, phase in self.held]
