"""What the simulated services share: settings, routes, jobs that take time, and the pictures they made."""

import copy
import dataclasses
import hashlib
import random
import re
import string
import threading

import pictures
from clock import MinuteWindow
from messages import Answer, Refused

ALPHABET = string.ascii_letters + string.digits


class BadSetting(ValueError):
    """A setting that does not exist or has the wrong type; the text says which."""


@dataclasses.dataclass
class Job:
    """A generation under way. It is over when its time has passed and it was polled often enough."""

    id: str
    created: float  # Of the clock, in seconds.
    seconds: float
    polls_before_done: int
    outcome: str = "done"  # Or "failed", "cancelled", "hangs", "vanished".
    message: str = "The generation failed."
    polls: int = 0
    fields: dict = dataclasses.field(default_factory=dict)

    def is_over(self, now):
        if self.outcome in ("hangs", "vanished"):
            return False
        return now - self.created >= self.seconds and self.polls > self.polls_before_done

    def is_made(self, now):
        """Whether the service has done its work, asked for or not."""
        return self.is_over(now) or (self.outcome == "done" and not self.polls_before_done
                                     and now - self.created >= self.seconds)

    def state(self, now):
        """"queued", "processing", or the outcome once it is over."""
        if self.is_over(now):
            return self.outcome
        return "queued" if self.polls <= 1 and self.polls_before_done > 1 else "processing"

    def fraction(self, now):
        """How much is done, from 0 to 1."""
        if self.is_over(now):
            return 1.0
        by_time = (now - self.created) / self.seconds if self.seconds else 1.0
        by_polls = self.polls / (self.polls_before_done + 1)
        return round(max(0.0, min(by_time, by_polls, 0.99)), 2)


class Service:
    """A simulated service. `routes` are (method, pattern of the path, operation, name of the method)."""

    name = ""
    routes = []
    defaults = {}
    # What every service that generates can be told.
    generating = {
        "accepted_keys": None,      # A list; null takes every key.
        "generation_ms": 0,
        "polls_before_done": 0,     # Polls that still say "processing".
        "url_lifetime_s": 0,        # Of result links; 0 is for ever.
        "expired_status": 403,
        "format": "png",
        "deliver_size": None,       # "WxH" that comes instead of what was asked for.
    }

    def __init__(self, world):
        self.world, self.clock, self.ledger = world, world.clock, world.ledger
        self.lock = threading.RLock()
        self.compiled = [(method, re.compile(pattern), operation, name)
                         for method, pattern, operation, name in self.routes]
        self.reset()

    def reset(self):
        with self.lock:
            self.settings = copy.deepcopy(self.defaults)
            self.window = MinuteWindow(self.clock)
            self.jobs = {}

    @property
    def operations(self):
        return sorted({operation for _, _, operation, _ in self.routes})

    def configure(self, changes):
        for name, value in changes.items():
            if name not in self.defaults:
                raise BadSetting(f"{self.name} has no setting `{name}`; it has: {', '.join(self.defaults)}")
            self.check_setting(name, value)
        with self.lock:
            self.settings.update(changes)

    def check_setting(self, name, value):
        default = self.defaults[name]
        kinds = (int, float) if type(default) in (int, float) else type(default)
        is_wrong_bool = isinstance(value, bool) and not isinstance(default, bool)
        if default is not None and value is not None and (is_wrong_bool or not isinstance(value, kinds)):
            raise BadSetting(f"{self.name}.{name} must be like {default!r}, not {value!r}")
        if name == "format" and value not in pictures.MEDIA_TYPES:
            raise BadSetting(f"{self.name}.format must be png, jpeg or webp")
        if name == "deliver_size" and value is not None:
            if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{0,3}x[1-9]\d{0,3}", value):
                raise BadSetting(f"{self.name}.deliver_size must be \"WxH\" or null")

    def route(self, request):
        """(operation, function of the request) for the path, or None."""
        for method, pattern, operation, name in self.compiled:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return operation, lambda request: getattr(self, name)(request, *match.groups())
        return None

    def not_found(self, request):
        return Answer.text(404, "not found")

    def scripted(self, status, fault):
        """The answer of a scripted `status`, in the service's own shape."""
        return Answer.text(status, fault.get("message", "scripted"))

    def finish(self, request, answer):
        """Adds the headers that every answer of the service has."""
        return answer

    def key(self, request):
        raise NotImplementedError

    def accepts(self, key):
        accepted = self.settings["accepted_keys"]
        return key is not None and (accepted is None or key in accepted)

    def new_id(self, length=10):
        return "".join(random.choices(ALPHABET, k=length))

    def new_job(self, request, id, **fields):
        """Makes the job that the client bought; the fault of the call may spoil it."""
        fault = request.fault or {}
        outcomes = {"job_fails": "failed", "job_hangs": "hangs", "job_vanishes": "vanished"}
        job = Job(id, self.clock.seconds(), self.settings["generation_ms"] / 1000,
                  self.settings["polls_before_done"], outcomes.get(fault.get("kind"), "done"), fields=fields)
        job.message = fault.get("message", job.message)
        self.jobs[id] = job
        return job

    def polled(self, id):
        """The job, with this poll counted; None where there is no such job."""
        job = self.jobs.get(id)
        if job is None or job.outcome == "vanished":
            return None
        job.polls += 1
        self.ledger.poll(self.name, id)
        self.ledger.note(self.name, id, state=job.state(self.clock.seconds()))
        return job

    def set_job(self, id, state):
        with self.lock:
            if id not in self.jobs:
                raise BadSetting(f"{self.name} has no job {id}")
            job = self.jobs[id]
            job.outcome, job.seconds, job.polls_before_done = state, 0, 0
            self.ledger.note(self.name, id, state=state)

    def picture_link(self, request, job, number, size, format=None, name="picture"):
        """A signed link to a picture of that size, made when it is fetched."""
        format = format or self.settings["format"]
        width, height = map(int, (self.settings["deliver_size"] or size).split("x"))
        path = self.world.files.add(f"{self.name}/{job}/{name}-{number}.{format}", Made(
            self.name, job, f"{job} {number}", width, height, format, self.settings["url_lifetime_s"],
            self.settings["expired_status"]))
        return request.base_url + path


@dataclasses.dataclass
class Made:
    """A picture that a service made."""

    service: str
    job: str
    seed: str
    width: int
    height: int
    format: str
    lifetime: float
    expired_status: int
    expires: float = 0


class Files(Service):
    """Serves result pictures behind signed links that expire, and uploaded files."""

    name = "files"
    routes = [("GET", r"/files/(.+)", "get", "get")]

    def reset(self):
        super().reset()
        self.made, self.uploaded = {}, {}

    def add(self, name, made):
        """The path and query of the link; the first link of a picture decides when it expires."""
        with self.lock:
            if name not in self.made:
                made.expires = self.clock.seconds() + made.lifetime if made.lifetime else 0
                self.made[name] = made
        return f"/files/{name}?Signature={signature(name)}"

    def get(self, request, name):
        if name in self.uploaded:
            return Answer(200, self.uploaded[name], {"Content-Type": "application/octet-stream"})
        made = self.made.get(name)
        if made is None:
            return Answer.text(404, "NoSuchKey")
        if request.query.get("Signature") != signature(name):
            raise Refused(Answer.text(403, "SignatureDoesNotMatch"))
        if made.expires and self.clock.seconds() >= made.expires:
            raise Refused(Answer.text(made.expired_status, "Request has expired"))
        self.ledger.download(made.service, made.job)
        data = pictures.picture(made.seed, made.width, made.height, made.format)
        return Answer(200, data, {"Content-Type": pictures.MEDIA_TYPES[made.format]})


def signature(name):
    return hashlib.sha256(f"simulated {name}".encode()).hexdigest()[:32]
