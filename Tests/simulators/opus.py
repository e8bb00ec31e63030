"""Opus: generative jobs of several pictures, caps by month, day and parallel jobs, and uploads in two steps."""

import datetime
import urllib.request
import uuid

from messages import Answer, Refused, shape
from opus_uploads import Uploads
from service import Service

# HTTP status -> (errorName, error).
NAMES = {400: ("BadRequest", "Bad Request"), 401: ("Unauthorized", "Unauthorized"),
         402: ("QuotaExceed", "Payment Required"), 403: ("Forbidden", "Forbidden"), 404: ("NotFound", "Not Found"),
         429: ("TooManyRequests", "Too Many Requests"), 500: ("InternalServerError", "Internal Server Error"),
         503: ("ServiceUnavailable", "Service Unavailable")}
WORDS = {"queued": "QUEUED", "processing": "PROCESSING", "done": "CONCLUDED", "failed": "FAILED",
         "cancelled": "CANCELED"}
CHOICES = {
    "error_shape": ["superset", "name", "code", "message", "error"],
    "progress_shape": ["object", "number", "percent", "none"],
    "failure_shape": ["object", "string", "none"],
    "failed_status": ["FAILED", "ERROR", "ERRORED", "CANCELED", "UNKNOWN"],
    "concludes_with": ["images", "error", "empty", "nothing"],
}


class Opus(Uploads, Service):
    name = "opus"
    routes = [
        ("POST", r"/opus/api/generative-jobs", "create", "create"),
        ("GET", r"/opus/api/generative-jobs/([^/]+)", "poll", "poll"),
        ("GET", r"/opus/api/api-usage", "usage", "usage"),
        *Uploads.routes,
    ]
    defaults = {
        **Service.generating,
        "rate_per_minute": 30,
        "rate_retry_after": True,    # Whether an earned 429 has Retry-After; it may.
        "images": 4,
        "size": "1280x720",
        "price": 7,
        "credits": 100_000,          # Of the organisation; 402 QuotaExceed below the price.
        "enabled": True,             # The kill switch: false answers 503.
        "plan_allows": True,         # False answers 403.
        "monthly_cap": 900,
        "monthly_used": 0,
        "reset_at": None,            # ISO 8601; null is the first of next month.
        "daily_cap": None,           # Creates; beyond it 429.
        "daily_retry_after_s": 3600,  # Null leaves the header out.
        "concurrent_cap": None,      # Unfinished jobs; beyond it 429 with X-Cap-Reason.
        "check_references": True,    # referenceImageUri and maskImageUri are fetched.
        "error_shape": "superset",
        "progress_shape": "object",
        "failure_shape": "object",
        "failed_status": "FAILED",
        "concludes_with": "images",
        "data_wrapper": False,
    }

    def reset(self):
        super().reset()
        with self.lock:
            self.spent, self.uploads, self.sessions, self.created = 0, {}, {}, []

    def check_setting(self, name, value):
        super().check_setting(name, value)
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"opus.{name} must be one of {', '.join(CHOICES[name])}")
        if name == "reset_at" and value is not None:
            moment(value)

    def configure(self, changes):
        super().configure(changes)
        if "monthly_used" in changes or "monthly_cap" in changes:
            self.spent = 0

    # Calls

    def create(self, request):
        key = self.admit(request)
        self.check_allowances()
        body = self.valid_body(request)
        with self.lock:
            self.check_caps()
            job = self.new_job(request, "thumbnail-" + self.new_id(10), body=body)
            self.spent += self.settings["price"]
            self.created.append(self.clock.seconds())
        self.ledger.buy(self.name, "create", job.id, credits=self.settings["price"], key=key)
        return Answer.json(201, {"jobId": job.id}, bought=job.id)

    def poll(self, request, id):
        self.admit(request)
        with self.lock:
            job = self.polled(id)
            if job is None:
                self.refuse(404, "Job not found")
            state = job.state(self.clock.seconds())
            if state in ("failed", "cancelled") and not job.fields.get("refunded"):
                job.fields["refunded"] = True
                self.spent -= self.settings["price"]
        document = self.status(request, job, state)
        return Answer.json(200, {"data": document} if self.settings["data_wrapper"] else document)

    def usage(self, request):
        self.admit(request)
        unfinished = self.unfinished()
        return Answer.json(200, {"uncapped": False, "monthly": {
            "used": self.used(), "limit": self.settings["monthly_cap"], "remaining": self.monthly_left(),
            "reset_at": self.reset_text()}, "concurrent": {"used": unfinished, "limit": self.settings["concurrent_cap"]}})

    # What calls go through

    def key(self, request):
        return request.bearer()

    def admit(self, request):
        key = self.key(request)
        if not self.accepts(key):
            self.refuse(401, "Invalid API key")
        with self.lock:
            if not self.window.take(key, self.settings["rate_per_minute"]):
                wait = int(self.window.seconds_left(key)) + 1
                self.refuse(429, f"Rate limit of {self.settings['rate_per_minute']} requests per minute exceeded",
                            {"Retry-After": str(wait)} if self.settings["rate_retry_after"] else {}, limited="rate")
        return key

    def check_allowances(self):
        if not self.settings["enabled"]:
            self.refuse(503, "Thumbnail generation is paused")
        if not self.settings["plan_allows"]:
            self.refuse(403, "Your plan does not include this API")

    def check_caps(self):
        price = self.settings["price"]
        if self.monthly_left() < price:
            self.refuse(403, "The monthly API allowance is used up", more={
                "code": "API_MONTHLY_CAP_REACHED", "reset_at": self.reset_text(),
                "upgrade_url": "https://www.opus.pro/contact-api"})
        day = [moment for moment in self.created if self.clock.seconds() - moment < 86_400]
        if self.settings["daily_cap"] is not None and len(day) >= self.settings["daily_cap"]:
            wait = self.settings["daily_retry_after_s"]
            self.refuse(429, "Daily cap reached", {"Retry-After": str(wait)} if wait is not None else {},
                        limited="cap")
        if self.settings["concurrent_cap"] is not None and self.unfinished() >= self.settings["concurrent_cap"]:
            self.refuse(429, "Too many parallel projects", {"X-Cap-Reason": "concurrent"}, limited="cap")
        if self.settings["credits"] - self.spent < price:
            self.refuse(402, "Not enough credits")

    def valid_body(self, request):
        body = request.json()
        if body is None:
            self.refuse(400, "The body must be a JSON object")
        if body.get("jobType") != "thumbnail":
            self.refuse(400, "jobType must be one of the following values: thumbnail")
        for name in ("sourceUri", "referenceImageUri", "maskImageUri", "prompt"):
            if body.get(name) is not None and not isinstance(body[name], str):
                self.refuse(400, f"{name} must be a string")
        source = body.get("sourceUri") or ""
        if not source.startswith(("http://", "https://")) and source not in self.uploads:
            self.refuse(400, "sourceUri must be a URL address")
        for name in ("referenceImageUri", "maskImageUri"):
            if body.get(name) and not self.is_reachable(request, body[name]):
                self.refuse(400, f"{name} cannot be fetched")
        return body

    def is_reachable(self, request, link):
        prefix = request.base_url + "/files/"
        if link.startswith(prefix + "uploads/"):
            return link.removeprefix(prefix) in self.world.files.uploaded
        if not self.settings["check_references"]:
            return True
        try:
            with urllib.request.urlopen(link, timeout=5) as answer:
                return answer.status == 200
        except (OSError, ValueError):
            return False

    # Allowances

    def used(self):
        if self.clock.wall() >= self.reset_moment():
            self.settings.update(monthly_used=0, reset_at=None)
            self.spent = 0
        return self.settings["monthly_used"] + self.spent

    def monthly_left(self):
        return max(0, self.settings["monthly_cap"] - self.used())

    def reset_moment(self):
        if self.settings["reset_at"]:
            return moment(self.settings["reset_at"]).timestamp()
        now = datetime.datetime.fromtimestamp(self.clock.wall(), datetime.timezone.utc)
        next_month = (now.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
        return next_month.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def reset_text(self):
        then = datetime.datetime.fromtimestamp(self.reset_moment(), datetime.timezone.utc)
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")

    def unfinished(self):
        now = self.clock.seconds()
        return sum(not job.is_made(now) for job in self.jobs.values())

    # Answers

    def status(self, request, job, state):
        settings, word = self.settings, WORDS[state]
        document = {"status": word}
        if state == "failed":
            document["status"] = settings["failed_status"]
        if state not in ("failed", "cancelled"):
            part = job.fraction(self.clock.seconds())
            document["progress"] = {"object": {"status": word, "percentage": part}, "number": part,
                                    "percent": round(part * 100), "none": None}[settings["progress_shape"]]
        ending = settings["concludes_with"] if state == "done" else None
        if ending in ("images", "empty"):
            links = [self.picture_link(request, job.id, number, settings["size"], name="out-paint")
                     for number in range(1, settings["images"] + 1)]
            document["result"] = {"generatedThumbnailUris": links if ending == "images" else []}
        if ending == "error" or state in ("failed", "cancelled"):
            document["error"] = {"object": {"type": "GENERATION_ERROR", "message": job.message},
                                 "string": job.message, "none": None}[settings["failure_shape"]]
        return shape(document)

    def error(self, status, message, headers=None, more=None, limited=None):
        name, phrase = NAMES.get(status, ("Error", "Error"))
        form = {"superset": {"statusCode": status, "errorName": name, "errorMessage": message, "message": message,
                             "error": phrase},
                "name": {"errorName": name, "errorMessage": message}, "code": {"code": name.upper()},
                "message": {"message": message}, "error": {"error": message}}[self.settings["error_shape"]]
        # The documented body of a reached cap has these three members and no others.
        if more and self.settings["error_shape"] == "code":
            form = {}
        return Answer.json(status, {**form, **(more or {})}, headers, limited=limited)

    def refuse(self, *arguments, **more):
        raise Refused(self.error(*arguments, **more))

    def not_found(self, request):
        return self.error(404, "Not found")

    def scripted(self, status, fault):
        return self.error(status, fault.get("message", "scripted"))

    def finish(self, request, answer):
        if request.path.startswith("/opus/api/"):
            with self.lock:
                answer.headers.update({"X-RateLimit-Limit": str(self.settings["monthly_cap"]),
                                       "X-RateLimit-Remaining": str(self.monthly_left()),
                                       "X-RateLimit-Reset": str(int(self.reset_moment())),
                                       "X-Request-Id": str(uuid.uuid4())})
        return answer


def moment(text):
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, AttributeError):
        raise ValueError(f"{text!r} is not a time like 2026-12-01T00:00:00Z") from None
