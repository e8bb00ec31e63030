"""What happened, counted: the truth that tests compare with the books of the service under test."""

import collections
import threading
import time

KEPT_REQUESTS = 1_000


def new_operation():
    return {"calls": 0, "answered": 0, "creates": 0, "units": 0, "credits": 0,
            "answers_lost": {"scripted": 0, "client_gone": 0},
            "creates_lost": {"scripted": 0, "client_gone": 0},
            "rate_limited": {"earned": 0, "cap": 0, "scripted": 0},
            "statuses": {}, "faults": {}}


class Ledger:
    """Counts by service and operation, one record for each job, and the last requests with their bodies."""

    def __init__(self, clock):
        self.clock = clock
        self.condition = threading.Condition()
        self.crashes = []
        self.reset()

    def reset(self):
        with self.condition:
            self.operations = collections.defaultdict(lambda: collections.defaultdict(new_operation))
            self.jobs = collections.defaultdict(dict)
            self.requests = collections.deque(maxlen=KEPT_REQUESTS)
            self.crashes.clear()
            self.condition.notify_all()

    def arrive(self, service, operation, request):
        with self.condition:
            self.operations[service][operation]["calls"] += 1
            self.requests.append({"service": service, "operation": operation, "ms": self.clock.milliseconds(),
                                  **request.document()})
            self.condition.notify_all()

    def fault(self, service, operation, kind):
        with self.condition:
            faults = self.operations[service][operation]["faults"]
            faults[kind] = faults.get(kind, 0) + 1

    def buy(self, service, operation, job, units=1, credits=0, **more):
        with self.condition:
            counts = self.operations[service][operation]
            counts["creates"] += 1
            counts["units"] += units
            counts["credits"] += credits
            self.jobs[service][job] = {"operation": operation, "created_ms": self.clock.milliseconds(),
                                       "state": "created", "polls": [], "downloads": 0, "answer_lost": None, **more}
            self.condition.notify_all()

    def note(self, service, job, **changes):
        with self.condition:
            if job in self.jobs[service]:
                self.jobs[service][job].update(changes)

    def poll(self, service, job):
        with self.condition:
            if job in self.jobs[service]:
                self.jobs[service][job]["polls"].append(self.clock.milliseconds())

    def download(self, service, job):
        with self.condition:
            if job in self.jobs[service]:
                self.jobs[service][job]["downloads"] += 1

    def answered(self, service, operation, answer, scripted, step=1):
        """Counted before it is sent, so that who has the answer finds it here; a `step` of -1 takes it back."""
        with self.condition:
            counts = self.operations[service][operation]
            counts["answered"] += step
            status = str(answer.status)
            counts["statuses"][status] = counts["statuses"].get(status, 0) + step
            if answer.status == 429:
                cause = "scripted" if scripted else "cap" if answer.limited == "cap" else "earned"
                counts["rate_limited"][cause] += step
            self.condition.notify_all()

    def lost(self, service, operation, job, cause):
        """The answer did not arrive whole. `job` is what the call had bought, or None."""
        with self.condition:
            counts = self.operations[service][operation]
            counts["answers_lost"][cause] += 1
            if job is not None:
                counts["creates_lost"][cause] += 1
                self.jobs[service].get(job, {})["answer_lost"] = cause
            self.condition.notify_all()

    def crash(self, trace):
        with self.condition:
            self.crashes.append(trace)

    def wait(self, service, operation, counter, count, timeout):
        """Waits until the counter has that value; false where it has not in real time."""
        end = time.monotonic() + timeout
        with self.condition:
            while self.operations[service][operation][counter] < count:
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.condition.wait(left)
        return True

    def document(self):
        with self.condition:
            services = {name: {"operations": {key: copied(value) for key, value in operations.items()},
                               "jobs": {key: copied(value) for key, value in self.jobs[name].items()},
                               "states": collections.Counter(job["state"] for job in self.jobs[name].values())}
                        for name, operations in self.operations.items()}
            return {"services": services, "requests": list(self.requests), "crashes": list(self.crashes)}


def copied(value):
    if isinstance(value, dict):
        return {name: copied(item) for name, item in value.items()}
    return list(value) if isinstance(value, list) else value
