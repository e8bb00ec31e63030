"""Everything that one process simulates, and the orders that tests give it under `/__control/`."""

from clock import Clock
from faults import BadFault, Chance, Faults, Gates
from ledger import Ledger
from messages import Answer
from openai_images import OpenAI
from opus import Opus
from service import Files
from soke import Soke
from youtube import YouTube

COUNTERS = ("calls", "creates", "answered")
JOB_CREATES = [("soke", "generate"), ("soke", "generate-background"), ("opus", "create")]
STREAMS = [("openai", "generate"), ("openai", "edit")]
JOB_STATES = ("done", "failed", "cancelled", "hangs", "vanished")


class World:
    def __init__(self):
        self.clock = Clock()
        self.ledger = Ledger(self.clock)
        self.faults = Faults()
        self.gates = Gates(self.clock)
        self.files = Files(self)
        self.services = {service.name: service for service in
                         (Soke(self), Opus(self), OpenAI(self), YouTube(self), self.files)}

    def service_of(self, path):
        return self.services.get(path.lstrip("/").partition("/")[0])

    # Control

    def control(self, request):
        """Obeys an order; a wrong one is a 400 that says why."""
        order = request.path.removeprefix("/__control/")
        orders = {"POST": {"reset": self.reset, "script": self.script, "configure": self.configure, "gate": self.gate,
                           "release": self.release, "advance": self.advance, "job": self.set_job},
                  "GET": {"stats": self.stats, "wait": self.wait, "settings": self.settings}}
        obey = orders.get(request.method, {}).get(order)
        if obey is None:
            return Answer.json(404, {"error": f"no order {request.method} {order}"})
        body = request.query if request.method == "GET" else request.json() if request.body else {}
        try:
            if body is None:
                raise ValueError("the body must be a JSON object")
            return obey(body)
        except (ValueError, TypeError, KeyError) as problem:
            return Answer.json(400, {"error": str(problem)})

    def reset(self, body):
        """Forgets everything; calls that are held or wait are cut off."""
        self.gates.reset()
        self.faults.reset()
        for service in self.services.values():
            service.reset()
        self.ledger.reset()
        self.clock.reset()
        return Answer.json(200, {})

    def script(self, body):
        service, operation = self.named(body, allows_all=True)
        expect(body, {"service", "operation"}, {"faults", "rate", "seed", "kinds", "limit"})
        if ("faults" in body) == ("rate" in body):
            raise BadFault("give either `faults` or `rate`, `seed` and `kinds`")
        check_fit(service, operation, body.get("faults") or body.get("kinds"))
        if "faults" in body:
            self.faults.enqueue(service, operation, body["faults"])
        else:
            self.faults.set_chance(service, operation, Chance(
                body["rate"], body.get("seed", 0), body.get("kinds"), body.get("limit")))
        return Answer.json(200, {})

    def configure(self, body):
        """All or nothing: settings by service."""
        for name, changes in body.items():
            if name not in self.services or not isinstance(changes, dict):
                raise ValueError(f"`{name}` must be one of {', '.join(self.services)}, with an object of settings")
            for setting, value in changes.items():
                if setting not in self.services[name].defaults:
                    raise ValueError(f"{name} has no setting `{setting}`; it has: "
                                     f"{', '.join(self.services[name].defaults)}")
                self.services[name].check_setting(setting, value)
        for name, changes in body.items():
            self.services[name].configure(changes)
        return Answer.json(200, {})

    def settings(self, query):
        return Answer.json(200, {name: service.settings for name, service in self.services.items()})

    def gate(self, body):
        service, operation = self.named(body)
        expect(body, {"service", "operation", "hold"}, {"phase"})
        phase = body.get("phase", "before")
        if phase not in Gates.PHASES:
            raise ValueError(f"`phase` must be one of {', '.join(Gates.PHASES)}")
        if body["hold"]:
            self.gates.hold(service, operation, phase)
        else:
            self.gates.release(service, operation)
        return Answer.json(200, {})

    def release(self, body):
        service, operation = self.named(body)
        expect(body, {"service", "operation"}, {"calls"})
        calls = body.get("calls")
        if calls is not None and (not isinstance(calls, int) or calls < 1):
            raise ValueError("`calls` must be at least 1")
        self.gates.release(service, operation, calls)
        return Answer.json(200, {})

    def advance(self, body):
        expect(body, {"seconds"}, set())
        if not isinstance(body["seconds"], (int, float)) or body["seconds"] < 0:
            raise ValueError("`seconds` must be a number of at least 0")
        self.clock.advance(body["seconds"])
        return Answer.json(200, {})

    def set_job(self, body):
        expect(body, {"service", "id", "state"}, set())
        if body["state"] not in JOB_STATES:
            raise ValueError(f"`state` must be one of {', '.join(JOB_STATES)}")
        self.service_named(body["service"]).set_job(body["id"], body["state"])
        return Answer.json(200, {})

    def stats(self, query):
        return Answer.json(200, {**self.ledger.document(), "gates": self.gates.document(),
                                 "faults_pending": self.faults.pending(), "now_ms": self.clock.milliseconds()})

    def wait(self, query):
        """Blocks until a counter of the operation has that value; 504 where it has not in `timeout` seconds."""
        service, operation = self.named(query)
        counters = [name for name in COUNTERS if name in query]
        if len(counters) != 1:
            raise ValueError(f"give one of {', '.join(COUNTERS)}")
        count, timeout = int(query[counters[0]]), float(query.get("timeout", 30))
        came = self.ledger.wait(service, operation, counters[0], count, timeout)
        return Answer.json(200 if came else 504, {counters[0]: count, "came": came})

    def named(self, body, allows_all=False):
        service, operation = self.service_named(body.get("service")), body.get("operation")
        if operation not in service.operations and not (allows_all and operation == "*"):
            raise ValueError(f"{service.name} has no operation {operation!r}; it has: {', '.join(service.operations)}")
        return service.name, operation

    def service_named(self, name):
        if name not in self.services:
            raise ValueError(f"`service` must be one of {', '.join(self.services)}, not {name!r}")
        return self.services[name]


def check_fit(service, operation, faults):
    """Some faults make sense only where there are jobs or streams."""
    fits = {"job_fails": JOB_CREATES, "job_hangs": JOB_CREATES, "job_vanishes": JOB_CREATES, "stream_error": STREAMS}
    for fault in faults if isinstance(faults, list) else []:
        kind = fault.get("kind") if isinstance(fault, dict) else fault
        if isinstance(kind, str) and kind in fits and (service, operation) not in fits[kind]:
            raise BadFault(f"{kind} fits {', '.join(map('.'.join, fits[kind]))}, not {service}.{operation}")


def expect(body, needed, allowed):
    missing, unknown = needed - set(body), set(body) - needed - allowed
    if missing or unknown:
        raise ValueError(f"missing {sorted(missing)}, unknown {sorted(unknown)}")
